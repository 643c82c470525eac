import { createHmac } from 'node:crypto';
import { credentialHeaders, endpointSecretKey } from '@paggio/providers';

/** RFC 9110, 7.6.1, and what a connection negotiates for itself. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);
const madeAnew = new Set(['host', 'content-length']);
const standardWebhooks = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/** Headers whose values are credentials of the sender: masked when shown, kept to the endpoint's own destination host. */
export function isCredentialHeader(lowerCaseName: string): boolean {
  return (
    lowerCaseName === 'authorization' ||
    lowerCaseName === 'cookie' ||
    lowerCaseName === 'proxy-authorization' ||
    credentialHeaders.has(lowerCaseName)
  );
}

export interface OutgoingInput {
  /** As received: names and values in turn. */
  raw: readonly string[];
  body: Buffer;
  /** Active endpoint secrets, newest first. */
  secrets: readonly string[];
  /** Custom headers of the destination; they replace originals of the same name. */
  custom: readonly (readonly [string, string])[];
  eventId: string;
  /** Id of the first original of a replayed event, else the event's own. */
  originId: string;
  correlationId: string | null;
  attemptNumber: number;
  nowMs: number;
  /** False: the sender's credentials stay here. */
  includeCredentials: boolean;
  /** Of the attempt's span where the host traces: it takes the place of the sender's. Null: the sender's stays. */
  traceParent: string | null;
}

/** The headers a destination receives: the sender's end-to-end headers, unchanged and in order, then Paggio's own. */
export function outgoingHeaders(input: OutgoingInput): string[] {
  const dropped = new Set(input.custom.map(([name]) => name.toLowerCase()));
  if (input.traceParent !== null) dropped.add('traceparent');
  let carriesOwn = false;
  for (let i = 0; i + 1 < input.raw.length; i += 2) {
    const name = (input.raw[i] as string).toLowerCase();
    if (name === 'connection') {
      for (const named of (input.raw[i + 1] as string).split(',')) dropped.add(named.trim().toLowerCase());
    } else if (standardWebhooks.includes(name)) carriesOwn = true;
  }

  const out: string[] = [];
  for (let i = 0; i + 1 < input.raw.length; i += 2) {
    const name = input.raw[i] as string;
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || madeAnew.has(lower) || lower.startsWith('proxy-') || dropped.has(lower)) continue;
    if (ownNames.has(lower)) continue;
    if (!input.includeCredentials && isCredentialHeader(lower)) continue;
    // The response is kept as it comes, and nothing here would decode it.
    out.push(name, lower === 'accept-encoding' ? 'identity' : (input.raw[i + 1] as string));
  }

  const prefix = carriesOwn ? 'paggio-' : '';
  const timestamp = String(Math.floor(input.nowMs / 1000));
  out.push(`${prefix}webhook-id`, input.originId);
  out.push(`${prefix}webhook-timestamp`, timestamp);
  out.push(
    `${prefix}webhook-signature`,
    input.secrets.map((secret) => standardSignature(secret, input.originId, timestamp, input.body)).join(' '),
  );
  out.push('X-PJ-Signature', hexSignature(input.secrets[0] ?? '', timestamp, input.body), 'X-PJ-Timestamp', timestamp);
  if (input.correlationId !== null) out.push('X-PJ-Correlation-ID', input.correlationId);
  out.push('Paggio-Event-Id', input.eventId, 'Paggio-Attempt', String(input.attemptNumber));
  if (input.traceParent !== null) out.push('traceparent', input.traceParent);
  const hops = hopsOf(input.raw);
  if (hops > 0) out.push('Paggio-Hops', String(hops + 1));
  for (const [name, value] of input.custom) out.push(name, value);
  return out;
}

/** An event that has passed through so many gateways goes no further: they may be a circle. */
export const MAX_HOPS = 3;

/**
 * Through how many deliveries of Paggio an event came here. The first carries `Paggio-Event-Id` only, so that ordinary
 * destinations see no further header; from the second on they are counted in `Paggio-Hops`.
 */
export function hopsOf(rawHeaders: readonly string[]): number {
  let hops = 0;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    // Long names cannot match; this runs for every header of every attempt.
    if (name.length === 15 && name.toLowerCase() === 'paggio-event-id') hops = Math.max(hops, 1);
    else if (name.length === 11 && name.toLowerCase() === 'paggio-hops') {
      const counted = Number(rawHeaders[i + 1]);
      if (Number.isInteger(counted) && counted > hops) hops = counted;
    }
  }
  return hops;
}

/** Names that only Paggio writes: a sender cannot pretend them. */
const ownNames = new Set([
  'paggio-hops',
  'paggio-event-id',
  'paggio-attempt',
  'paggio-webhook-id',
  'paggio-webhook-timestamp',
  'paggio-webhook-signature',
  'x-pj-signature',
  'x-pj-timestamp',
  'x-pj-correlation-id',
]);

/** Header names that a destination's own headers may not have: HTTP and Paggio own them. */
export function isReservedHeader(lowerCaseName: string): boolean {
  return (
    hopByHop.has(lowerCaseName) ||
    madeAnew.has(lowerCaseName) ||
    lowerCaseName.startsWith('proxy-') ||
    ownNames.has(lowerCaseName) ||
    standardWebhooks.includes(lowerCaseName)
  );
}

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
function standardSignature(secret: string, id: string, timestamp: string, body: Buffer): string {
  const mac = createHmac('sha256', endpointSecretKey(secret)).update(`${id}.${timestamp}.`).update(body);
  return `v1,${mac.digest('base64')}`;
}

/** Hex HMAC-SHA256 of `<timestamp>.<body>` under the UTF-8 bytes of the whole secret. */
function hexSignature(secret: string, timestamp: string, body: Buffer): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
}
