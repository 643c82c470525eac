import { hash } from 'node:crypto';
import type { HmacKey } from '@paggio/providers';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import { deliveryTimestamp } from '../transport/delivery-timestamp';
import { foldedName } from '../transport/header-name';
import type { Hops } from './hops';
import { isIdentityHeader } from '../transport/identity-headers';
import { isForwarded, isReservedHeader, standardWebhooks } from '../transport/reserved-headers';
import { signingKeys } from './signing-keys';

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
  const keys = signingKeys(endpoint.secrets);
  const timestamp = String(Math.floor(input.nowMs / 1000));
  const bodyHash = hash('sha256', input.body, 'hex');
  const verified = input.verifiedBy ?? 'none';
  const verifiedText = `paggio-verified:${input.eventId}:${timestamp}:${verified}:${bodyHash}`;
  out.push(`${prefix}webhook-id`, input.originId);
  out.push(`${prefix}webhook-timestamp`, timestamp);
  out.push(
    `${prefix}webhook-signature`,
    keys.standard.map((key) => standardSignature(key, input.originId, timestamp, input.body)).join(' '),
  );
  const marked = deliveryTimestamp(input.nowMs);
  // Hex HMAC-SHA256 of `<timestamp>.<body>` under the whole newest secret.
  const newest = keys.text[0] as HmacKey;
  out.push('X-PJ-Signature', newest.digest('hex', `${marked}.`, input.body), 'X-PJ-Timestamp', marked);
  if (input.correlationId !== null) out.push('X-PJ-Correlation-ID', input.correlationId);
  out.push('Paggio-Event-Id', input.eventId, 'Paggio-Attempt', String(input.attemptNumber));
  out.push('Paggio-Verified', verified);
  out.push(
    'Paggio-Verified-Signature',
    [`t=${timestamp}`, ...keys.text.map((key) => `v1=${key.digest('hex', verifiedText)}`)].join(','),
  );
  out.push('Paggio-Hops', input.hops.next(input.raw, bodyHash));
  if (input.traceParent !== null) out.push('traceparent', input.traceParent);
  for (const [name, value] of custom) out.push(name, value);
  return out;
}

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
function standardSignature(key: HmacKey, id: string, timestamp: string, body: Buffer): string {
  return `v1,${key.digest('base64', `${id}.${timestamp}.`, body)}`;
}
