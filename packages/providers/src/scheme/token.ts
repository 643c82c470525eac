import { repeated } from '../header-list';
import { sameText } from '../signature-text';
import { refused, type Verification } from '../verification';
import type { WebhookRequest } from '../webhook-request';
import type { Scheme, SchemeContext, SigningInput } from './scheme';

export interface TokenOptions {
  header: string;
  /** Text before the token, such as `Bearer `. */
  prefix?: string;
}

/** A shared token in a header, compared in constant time. It says nothing about the body. */
export function token(options: TokenOptions): Scheme {
  const header = options.header.toLowerCase();
  const prefix = options.prefix ?? '';
  return {
    kind: 'token',
    credentialHeaders: [header],
    secretProblem: (secret) => (secret.trim() === '' ? 'The token must not be empty.' : null),
    verify(request: WebhookRequest, context: SchemeContext): Verification {
      const received = request.headers.only(header);
      if (received === repeated) return refused('repeated_header');
      if (received === undefined || received === '') return refused('missing_signature');
      const secrets = context.secrets.filter((secret) => secret.trim() !== '');
      if (secrets.length === 0) return refused('no_secret');
      const text = Buffer.from(received, 'latin1').toString('utf8');
      const matches = secrets.filter((secret) => sameText(text, prefix + secret));
      return matches.length > 0
        ? { ok: true, proof: '', bodyAuthenticated: false, coversTimestamp: false }
        : refused('wrong_signature');
    },
    sign: (input: SigningInput) => [[header, prefix + input.secret]],
  };
}
