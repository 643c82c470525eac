import { createHash, createHmac } from 'node:crypto';
import { repeated } from '../header-list';
import { sameText } from '../signature-text';
import { refused } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { Scheme } from './scheme';
import { signedUrl } from './signed-header';

/**
 * https://www.twilio.com/docs/usage/security: HMAC-SHA1 over the configured URL, followed by the sorted form fields, or,
 * for other bodies, over a URL that carries the SHA-256 of the body. Twilio signs the URL with or without its default
 * port, so both are tried.
 */
export function twilioScheme(): Scheme {
  return {
    kind: 'twilio',
    credentialHeaders: [],
    secretProblem: (secret) => (secret.trim() === '' ? 'The auth token must not be empty.' : null),
    verify(request, context) {
      const received = request.headers.only('x-twilio-signature');
      if (received === repeated) return refused('repeated_header');
      if (!received) return refused('missing_signature');
      const tokens = context.secrets.filter((secret) => secret.trim() !== '');
      if (tokens.length === 0) return refused('no_secret');

      const url = signedUrl(request, context);
      const bodyHash = /[?&]bodySHA256=([0-9a-f]{64})(?:&|$)/.exec(url)?.[1];
      if (bodyHash && !sameText(bodyHash, createHash('sha256').update(request.body).digest('hex'))) {
        return refused('wrong_signature');
      }
      const fields = bodyHash ? '' : sortedFields(request);
      if (fields === undefined) return refused('malformed_body');
      for (const candidate of withAndWithoutPort(url)) {
        for (const token of tokens) {
          const expected = createHmac('sha1', token)
            .update(candidate + fields, 'utf8')
            .digest('base64');
          if (sameText(received, expected))
            return { ok: true, proof: expected, bodyAuthenticated: true, coversTimestamp: false };
        }
      }
      return refused('wrong_signature');
    },
  };
}

/** Undefined for a body that no part of the signature would cover. */
function sortedFields(request: WebhookRequest): string | undefined {
  if (request.body.length === 0) return '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers.get('content-type') ?? '')) return undefined;
  const fields = new Map<string, Set<string>>();
  for (const [name, value] of new URLSearchParams(request.body.toString('utf8'))) {
    const values = fields.get(name);
    if (values) values.add(value);
    else fields.set(name, new Set([value]));
  }
  return [...fields.keys()]
    .sort()
    .map((name) =>
      [...(fields.get(name) as Set<string>)]
        .sort()
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

function withAndWithoutPort(url: string): string[] {
  const match = /^(https?):\/\/([^/?#:]+)(:\d+)?(.*)$/.exec(url);
  if (!match) return [url];
  const [, scheme, host, port, rest] = match as unknown as [string, string, string, string | undefined, string];
  const standard = scheme === 'https' ? ':443' : ':80';
  if (port === undefined) return [url, `${scheme}://${host}${standard}${rest}`];
  return port === standard ? [url, `${scheme}://${host}${rest}`] : [url];
}
