import { createHmac, randomBytes } from 'node:crypto';
import { isTooLargeToRead, textAt } from '../body-value';
import { fieldValues } from '../form-body';
import { replaceJsonStrings } from '../json-source';
import { sameText } from '../signature-text';
import { checkTimestamp, formatTimestamp, toleranceOf } from '../timestamp';
import type { Path } from '../value-rule';
import { refused } from '../verification';
import type { Scheme } from './scheme';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';

/** HMAC-SHA256 in hex over some fields of the JSON body, which stands in the body itself; the rest is not authenticated. */
export interface BodyFieldsSpec {
  kind: 'body-fields';
  signature: Path;
  /** Joined without a separator. */
  timestamp: Path;
  /** Drawn anew by the sender for each signature. */
  then: Path;
  /** Generous where a provider repeats the first signature on its retries. */
  toleranceSeconds: number;
}

export function createBodyFieldsScheme(spec: BodyFieldsSpec): Scheme {
  const digest = (key: Buffer, timestamp: string, then: string): string =>
    createHmac('sha256', key)
      .update(timestamp + then)
      .digest('hex');
  return {
    kind: 'body-fields',
    credentialHeaders: [],
    signingHeaders: [],
    bodyPlaces: [spec.signature, spec.timestamp, spec.then].map((path) => ({ path })),
    ...sharedSecret(),
    verify(request, context) {
      // In a form the same fields stand at the top, under the last part of their path.
      const read = (path: Path): string | null => {
        const values = fieldValues(request, String(path.at(-1)), 2);
        return values.length > 0 ? (values.length === 1 ? (values[0] ?? null) : null) : textAt(request, ...path);
      };
      const signature = read(spec.signature);
      const timestamp = read(spec.timestamp);
      const then = read(spec.then);
      if (isTooLargeToRead(request)) return refused('body_too_large_to_read');
      if (!signature) return refused('missing_signature');
      if (!timestamp || !then) return refused('malformed_body');
      const stale = checkTimestamp(
        timestamp,
        'seconds',
        toleranceOf(context.settings, spec.toleranceSeconds),
        request.receivedAt,
      );
      if (stale) return stale;
      const keys = usableKeys(context.secrets);
      if (keys.length === 0) return refused('no_secret');
      return keys.some((key) => sameText(signature, digest(key, timestamp, then)))
        ? { ok: true, proof: signature, bodyAuthenticated: false, coversTimestamp: false }
        : refused('wrong_signature');
    },
    sign(input) {
      const key = keyToSignWith(input.secret);
      const timestamp = formatTimestamp(input.timestamp, 'seconds');
      const then = randomBytes(25).toString('hex');
      const edits: [Path, string][] = [
        [spec.timestamp, timestamp],
        [spec.then, then],
        [spec.signature, digest(key, timestamp, then)],
      ];
      return { headers: [], body: replaceJsonStrings(input.body, edits) };
    },
  };
}
