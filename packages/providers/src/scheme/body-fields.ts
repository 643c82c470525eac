import { createHmac, randomBytes } from 'node:crypto';
import { isTooLargeToRead, jsonBody, textAt } from '../body-value';
import { fieldValues } from '../form-body';
import { replaceJsonStrings } from '../json-source';
import { hasTooManyParts } from '../multipart-body';
import { sameText } from '../signature-text';
import { checkTimestamp, formatTimestamp, toleranceOf } from '../timestamp';
import type { Path } from '../json-path';
import { refused, type Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { Scheme, SchemeContext } from './scheme';
import { keyToSignWith, sharedSecret, usableKeys } from './shared-secret';

/** Where a body has one signature and the values that it covers. */
export interface SignedFields {
  signature: Path;
  /** Joined without a separator. */
  timestamp: Path;
  /** Random text that the sender makes for each signature. */
  then: Path;
}

/** HMAC-SHA256 in hex, inside the body, over some of its fields; the rest of the body is not authenticated. */
export interface BodyFieldsSpec extends SignedFields {
  kind: 'body-fields';
  /** A second signature that a JSON body may have, made with another key. Either of the two is enough. */
  other?: SignedFields;
  /** Has to cover the whole schedule of retries if the provider repeats the first signature on them. */
  toleranceSeconds: number;
}

export function createBodyFieldsScheme(spec: BodyFieldsSpec): Scheme {
  const digest = (key: Buffer, timestamp: string, then: string): string =>
    createHmac('sha256', key)
      .update(timestamp + then)
      .digest('hex');
  const check = (
    read: (path: Path) => string | null,
    fields: SignedFields,
    request: WebhookRequest,
    context: SchemeContext,
  ): Verification => {
    const signature = read(fields.signature);
    const timestamp = read(fields.timestamp);
    const then = read(fields.then);
    if (!signature) return refused('missing_signature');
    if (!timestamp || !then) return refused('malformed_body');
    const tolerance = toleranceOf(context.settings, spec.toleranceSeconds);
    const stale = checkTimestamp(timestamp, 'seconds', tolerance, request.receivedAt);
    if (stale) return stale;
    const keys = usableKeys(context.secrets);
    if (keys.length === 0) return refused('no_secret');
    return keys.some((key) => sameText(signature, digest(key, timestamp, then)))
      ? { ok: true, proof: signature, bodyAuthenticated: false, coversTimestamp: false }
      : refused('wrong_signature');
  };
  const places = [spec, ...(spec.other ? [spec.other] : [])];
  return {
    kind: 'body-fields',
    credentialHeaders: [],
    signingHeaders: [],
    bodyPlaces: places.flatMap(({ signature, timestamp, then }) =>
      [signature, timestamp, then].map((path) => ({ path })),
    ),
    ...sharedSecret(),
    verify(request, context) {
      if (isTooLargeToRead(request) || hasTooManyParts(request)) return refused('body_too_large_to_read');
      const inJson = (path: Path): string | null => textAt(request, ...path);
      // A form has the same fields at its top level, under the last step of their path. Each may occur only once.
      const inForm = (path: Path): string | null => {
        const [value = null, second] = fieldValues(request, String(path.at(-1)), 2);
        return second === undefined ? value : null;
      };
      if (jsonBody(request) === undefined) return check(inForm, spec, request, context);
      const first = check(inJson, spec, request, context);
      if (first.ok || !spec.other || inJson(spec.other.signature) === null) return first;
      const other = check(inJson, spec.other, request, context);
      return other.ok || first.reason === 'missing_signature' ? other : first;
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
