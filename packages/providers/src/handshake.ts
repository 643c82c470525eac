import { createHmac } from 'node:crypto';
import { sameText } from './signature-text';
import { SNS_CONFIRMATION_URL } from './scheme/sns';
import { holds, readValue, type Condition, type ValueRule } from './value-rule';
import type { Verification } from './verification';
import type { VerificationSettings } from './verification-settings';
import type { WebhookRequest } from './webhook-request';

export interface Acknowledgement {
  status: number;
  contentType: string | null;
  body: string;
}

/** A provider's question that must be answered and is not an event. */
export interface HandshakeSpec {
  /** Tells the question from other requests. */
  condition: Condition;
  /** Whether only a request that passed verification is answered. */
  signed: boolean;
  reply: HandshakeReply;
}

export type HandshakeReply =
  /** The challenge itself, as plain text or as one member of a JSON object. */
  | { kind: 'echo'; challenge: ValueRule; member?: string }
  /** The challenge if the request carries the token of `settings.verify_token`, else 403. */
  | { kind: 'verify-token'; token: ValueRule; challenge: ValueRule; member?: string }
  /** An HMAC-SHA256 of the challenge under the secret, as members of a JSON object. */
  | {
      kind: 'hmac';
      challenge: ValueRule;
      encoding: 'hex' | 'base64';
      prefix: string;
      member: string;
      challengeMember?: string;
    }
  /** The sender's name in `WebHook-Allowed-Origin`, as CloudEvents asks before it sends (HTTP 1.1 Web Hooks, section 4). */
  | { kind: 'allow-origin'; origin: ValueRule; rate: ValueRule }
  /** Always the same answer. */
  | { kind: 'fixed'; answer: Acknowledgement }
  /** The provider hands over the secret, which is stored only while the endpoint has none. */
  | { kind: 'secret'; secret: ValueRule; echoHeader?: string }
  /** Paggio must call a URL of the provider, which the request names. */
  | { kind: 'confirm'; url: ValueRule };

export interface HandshakeAnswer extends Acknowledgement {
  headers: readonly (readonly [string, string])[];
  /** Must be stored as the endpoint's secret before the answer is sent. */
  secret?: string;
  /** Must be fetched through the address guard before the answer is sent. */
  confirmUrl?: string;
}

/** What a handshake needs to know about the endpoint. */
export interface HandshakeContext {
  /** Active secrets, newest first. */
  secrets: readonly string[];
  /** Whether the endpoint has no secret at all, not even an expired one. */
  awaitsSecret: boolean;
  settings: VerificationSettings;
}

// The secret that answers a challenge with an HMAC also signs events. If a challenge could contain `:` or `{`, anybody
// could have an event of their own signed, so only plain tokens are answered.
const PLAIN_TOKEN = /^[A-Za-z0-9_+/=.-]{1,256}$/;
/** A challenge with more characters is not answered: the answer repeats what anybody sends, so it must stay small. */
const CHALLENGE_LIMIT = 4096;
const ORIGIN = /^[A-Za-z0-9.:_*/-]{1,256}$/;
const RATE = /^[1-9][0-9]{0,8}$/;
const HANDED_SECRET = /^[\x21-\x7e]{16,256}$/;

/** The answer of the first handshake that fits the request, or undefined when the request is an ordinary delivery. */
export function answerHandshake(
  specs: readonly HandshakeSpec[],
  request: WebhookRequest,
  verification: Verification,
  context: HandshakeContext,
): HandshakeAnswer | undefined {
  for (const spec of specs) {
    if ((spec.signed && !verification.ok) || !holds(spec.condition, request)) continue;
    const answer = replyTo(spec.reply, request, context);
    if (answer) return answer;
  }
  return undefined;
}

function replyTo(
  reply: HandshakeReply,
  request: WebhookRequest,
  context: HandshakeContext,
): HandshakeAnswer | undefined {
  switch (reply.kind) {
    case 'echo':
      return echo(readValue(reply.challenge, request), reply.member);
    case 'verify-token': {
      const expected = context.settings['verify_token'];
      const given = readValue(reply.token, request) ?? '';
      const known = typeof expected === 'string' && expected !== '' && sameText(given, expected);
      return known
        ? echo(readValue(reply.challenge, request) ?? '', reply.member)
        : { status: 403, contentType: TEXT, body: 'Forbidden', headers: [] };
    }
    case 'hmac': {
      const challenge = readValue(reply.challenge, request);
      const secret = context.secrets[0];
      if (challenge === null || !secret || !PLAIN_TOKEN.test(challenge)) return undefined;
      const digest = reply.prefix + createHmac('sha256', secret).update(challenge).digest(reply.encoding);
      const echoed = reply.challengeMember === undefined ? {} : { [reply.challengeMember]: challenge };
      return json({ ...echoed, [reply.member]: digest });
    }
    case 'allow-origin': {
      const origin = readValue(reply.origin, request);
      if (origin === null || !ORIGIN.test(origin)) return undefined;
      const asked = readValue(reply.rate, request) ?? '';
      const headers: [string, string][] = [
        ['Allow', 'POST'],
        ['WebHook-Allowed-Origin', origin],
        ['WebHook-Allowed-Rate', RATE.test(asked) ? asked : '*'],
      ];
      return { status: 200, contentType: null, body: '', headers };
    }
    case 'fixed':
      return { ...reply.answer, headers: [] };
    case 'secret': {
      const secret = readValue(reply.secret, request);
      if (!context.awaitsSecret || secret === null || !HANDED_SECRET.test(secret)) return undefined;
      const headers: [string, string][] = reply.echoHeader === undefined ? [] : [[reply.echoHeader, secret]];
      return { status: 200, contentType: null, body: '', headers, secret };
    }
    case 'confirm': {
      const confirmUrl = readValue(reply.url, request);
      if (confirmUrl === null || !SNS_CONFIRMATION_URL.test(confirmUrl)) return undefined;
      return { status: 200, contentType: null, body: '', headers: [], confirmUrl };
    }
  }
}

const TEXT = 'text/plain; charset=utf-8';

function echo(challenge: string | null, member: string | undefined): HandshakeAnswer | undefined {
  if (challenge === null || challenge.length > CHALLENGE_LIMIT) return undefined;
  return member === undefined
    ? { status: 200, contentType: TEXT, body: challenge, headers: [] }
    : json({ [member]: challenge });
}

function json(value: object): HandshakeAnswer {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(value), headers: [] };
}
