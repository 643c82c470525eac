import { createHmac } from 'node:crypto';
import { textAt } from '../body-value';
import { sameText } from '../signature-text';
import { checkTimestamp } from '../timestamp';
import { refused } from '../verification';
import type { Scheme } from './scheme';

// Mailgun repeats the first signature on its retries, which go on for eight hours.
const TOLERANCE_SECONDS = 24 * 3600;

/** Mailgun signs a timestamp and a token that stand in the body beside the event; the event is not authenticated. */
export function mailgunScheme(): Scheme {
  return {
    kind: 'mailgun',
    credentialHeaders: [],
    secretProblem: (secret) => (secret.trim() === '' ? 'The signing key must not be empty.' : null),
    verify(request, context) {
      const timestamp = textAt(request, 'signature', 'timestamp');
      const token = textAt(request, 'signature', 'token');
      const signature = textAt(request, 'signature', 'signature');
      if (!signature) return refused('missing_signature');
      if (!timestamp || !token) return refused('malformed_body');
      const stale = checkTimestamp(timestamp, 'seconds', TOLERANCE_SECONDS, request.receivedAt);
      if (stale) return stale;
      const keys = context.secrets.filter((secret) => secret.trim() !== '');
      if (keys.length === 0) return refused('no_secret');
      const holds = keys.some((key) =>
        sameText(
          signature,
          createHmac('sha256', key)
            .update(timestamp + token)
            .digest('hex'),
        ),
      );
      return holds
        ? { ok: true, proof: signature, bodyAuthenticated: false, coversTimestamp: false }
        : refused('wrong_signature');
    },
  };
}
