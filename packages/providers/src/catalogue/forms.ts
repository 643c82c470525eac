import { hmac } from '../scheme/scheme-spec';
import type { HmacSpec } from '../scheme/hmac';
import type { SignatureHeader } from '../scheme/signature-header';
import type { Acknowledgement } from '../handshake';
import type { Note, Retries } from '../provider';

// Forms of signatures, answers and notes that many providers share.

export const prefixed = (prefix: string): SignatureHeader => ({ form: 'plain', prefix });

/** The SHA-1 signature, which GitHub and Meta still send next to `X-Hub-Signature-256`. */
export const olderHubSignature: NonNullable<HmacSpec['companions']>[number] = {
  header: 'x-hub-signature',
  algorithm: 'sha1',
  value: prefixed('sha1='),
};

/** `t=1700000000,v1=<hex>` over `t.body`, the form that Stripe introduced. */
export const stripeLike = (header: string, spec: Partial<Omit<HmacSpec, 'kind'>> = {}): HmacSpec =>
  hmac({
    header,
    value: { form: 'fields', separator: ',', signature: 'v1', timestamp: 't' },
    template: '{timestamp}.{body}',
    ...spec,
  });

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
export const standardHmac = (names: 'webhook' | 'svix', spec: Partial<Omit<HmacSpec, 'kind'>> = {}): HmacSpec => {
  const both = (name: string): string | string[] =>
    names === 'webhook' ? `webhook-${name}` : [`svix-${name}`, `webhook-${name}`];
  return hmac({
    header: both('signature'),
    value: { form: 'list', separator: ' ', prefix: 'v1,' },
    encoding: 'base64',
    secretEncoding: 'standard-webhooks',
    template: '{id}.{timestamp}.{body}',
    timestamp: { header: both('timestamp') },
    id: { header: both('id') },
    ...spec,
  });
};

/** The standard signs the time of each attempt; the id stays the same. */
export const standardRetries: Retries = {
  timestamp: 'new',
  schedule: 'as the sender documents',
  source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  confidence: 'B',
};

/** For providers whose requests are authenticated only by a token in the URL. */
export const queryToken: Note = {
  text: 'The token is part of the URL. Paggio forwards it with the query, stores it encrypted, and shows it only to keys with the scope admin.',
  confidence: 'A',
};

export const emptyAnswer = (status: number): Acknowledgement => ({ status, contentType: null, body: '' });
export const textAnswer = (body: string): Acknowledgement => ({
  status: 200,
  contentType: 'text/plain; charset=utf-8',
  body,
});
export const jsonAnswer = (value: object): Acknowledgement => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify(value),
});
