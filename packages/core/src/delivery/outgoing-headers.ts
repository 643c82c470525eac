import { createHash, createHmac } from 'node:crypto';
import { endpointSecretKey } from '@paggio/providers';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import { deliveryTimestamp } from '../transport/delivery-timestamp';
import { foldedName } from '../transport/header-name';
import type { Hops } from './hops';
import { isIdentityHeader } from '../transport/identity-headers';
import { isForwarded, isReservedHeader, standardWebhooks } from '../transport/reserved-headers';

export interface OutgoingInput {
  /** The headers as received: names and values in turn. */
  raw: readonly string[];
  body: Buffer;
  endpoint: Pick<EndpointConfig, 'secrets' | 'forwardIdentityHeaders' | 'verificationHeaders'>;
  /** Custom headers of the destination; they replace originals of the same name. */
  custom: readonly (readonly [string, string])[];
  eventId: string;
  /** Id of the first original of a replayed event, else the event's own. */
  originId: string;
  /** Who vouches for the event: a provider, `api`, or null for nobody. */
  verifiedBy: string | null;
  correlationId: string | null;
  attemptNumber: number;
  nowMs: number;
  /** The attempt's span, if the host traces. It replaces the `traceparent` of the sender; null keeps that. */
  traceParent: string | null;
  hops: Hops;
}

/** The headers a destination receives: the sender's end-to-end headers, unchanged and in order, then Paggio's own. */
export function outgoingHeaders(input: OutgoingInput): string[] {
  const { endpoint } = input;
  const custom = input.custom.filter(([name]) => !isReservedHeader(name.toLowerCase()));
  const dropped = new Set(custom.map(([name]) => foldedName(name.toLowerCase())));
  if (input.traceParent !== null) dropped.add('traceparent');
  let carriesOwn = false;
  for (let i = 0; i + 1 < input.raw.length; i += 2) {
    const name = (input.raw[i] as string).toLowerCase();
    if (name === 'connection') {
      for (const named of (input.raw[i + 1] as string).split(',')) dropped.add(foldedName(named.trim().toLowerCase()));
    } else if (standardWebhooks.has(name)) carriesOwn = true;
  }

  const out: string[] = [];
  for (let i = 0; i + 1 < input.raw.length; i += 2) {
    const name = input.raw[i] as string;
    const lower = name.toLowerCase();
    // A pseudo header of HTTP/2, which no HTTP/1 request can carry. Earlier versions stored them.
    if (lower.startsWith(':')) continue;
    const folded = foldedName(lower);
    if (!isForwarded(folded) || dropped.has(folded)) continue;
    // Another spelling of the header with Paggio's signature, which some servers would read in its place.
    if (folded !== lower && standardWebhooks.has(folded)) continue;
    if (!endpoint.forwardIdentityHeaders && isIdentityHeader(folded) && !endpoint.verificationHeaders.has(lower))
      continue;
    // The response is stored as it comes, and nothing here would decode it.
    out.push(name, lower === 'accept-encoding' ? 'identity' : (input.raw[i + 1] as string));
  }

  const prefix = carriesOwn ? 'paggio-' : '';
  const timestamp = String(Math.floor(input.nowMs / 1000));
  const bodyHash = createHash('sha256').update(input.body).digest('hex');
  const verified = input.verifiedBy ?? 'none';
  const verifiedText = `paggio-verified:${input.eventId}:${timestamp}:${verified}:${bodyHash}`;
  out.push(`${prefix}webhook-id`, input.originId);
  out.push(`${prefix}webhook-timestamp`, timestamp);
  out.push(
    `${prefix}webhook-signature`,
    endpoint.secrets.map((secret) => standardSignature(secret, input.originId, timestamp, input.body)).join(' '),
  );
  const marked = deliveryTimestamp(input.nowMs);
  out.push('X-PJ-Signature', hexSignature(endpoint.secrets[0] ?? '', marked, input.body), 'X-PJ-Timestamp', marked);
  if (input.correlationId !== null) out.push('X-PJ-Correlation-ID', input.correlationId);
  out.push('Paggio-Event-Id', input.eventId, 'Paggio-Attempt', String(input.attemptNumber));
  out.push('Paggio-Verified', verified);
  out.push(
    'Paggio-Verified-Signature',
    [`t=${timestamp}`, ...endpoint.secrets.map((secret) => `v1=${hexHmac(secret, verifiedText)}`)].join(','),
  );
  out.push('Paggio-Hops', input.hops.next(input.raw, bodyHash));
  if (input.traceParent !== null) out.push('traceparent', input.traceParent);
  for (const [name, value] of custom) out.push(name, value);
  return out;
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

/** Hex HMAC-SHA256 of a text under the UTF-8 bytes of the whole secret. */
function hexHmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}
