import { isUtf8 } from 'node:buffer';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { HeaderList, jsonPlace, repeated } from '@paggio/providers';
import { checkBodyEncoding } from '../input/body-encoding';
import { isDeliveryTimestamp } from '../transport/delivery-timestamp';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { notFound, PaggioError } from '../errors';
import { newId, parseId } from '../event-id';
import type { Owner } from '../principal';
import { sizeOf } from '../events/event-size';
import { encodeHeaders } from '../events/stored-headers';
import type { EventWriter } from './event-writer';
import type { CaptureRequest, Dedup } from './new-event';
import type { StorageQuota } from '../usage/storage-quota';

/** Recorded as the source of events that came in with an API key. */
export const API_SOURCE = 'api';

/** Seconds that a timestamp may be off, in either direction. */
const TOLERANCE_SECONDS = 300;
export const EVENT_TYPE = /^[A-Za-z0-9_.-]{1,128}$/;
const CORRELATION_ID = /^[A-Za-z0-9_-]{1,128}$/;
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
/** Headers that authenticate a request. They are not part of the event. */
const consumed: ReadonlySet<string> = new Set(['authorization', 'x-pj-signature', 'x-pj-timestamp']);

export interface SignedIngestDependencies {
  directory: EndpointDirectory;
  writer: EventWriter;
  quota: StorageQuota;
}

/** Takes events from producers that hold an API key and sign with the endpoint's secret. */
export class SignedIngest {
  constructor(private readonly dependencies: SignedIngestDependencies) {}

  /**
   * Finds the endpoint of an id, before the body is read.
   * @throws PaggioError `NOT_FOUND`, also for an endpoint of another owner, or `GONE` when it was deleted
   */
  async route(owner: Owner, id: string): Promise<EndpointConfig> {
    const endpointId = parseId(id, 'endpoint');
    const endpoint = endpointId === undefined ? null : await this.dependencies.directory.ofOwner(owner, endpointId);
    if (!endpoint) throw notFound('endpoint');
    if (endpoint.deleted)
      throw new PaggioError('GONE', 'This endpoint was deleted', { hint: 'Send to another endpoint.' });
    return endpoint;
  }

  /**
   * Verifies a request and commits it. Returns the id of its event, or of the first event with the same idempotency
   * key.
   * @throws PaggioError `INVALID_SIGNATURE`, `BAD_REQUEST` that names the header, `UNSUPPORTED_MEDIA_TYPE`,
   *   `IDEMPOTENCY_KEY_CONFLICT`, `RATE_LIMITED` when it would exceed a storage quota, or `UNAVAILABLE`: nothing was
   *   stored
   */
  async receive(endpoint: EndpointConfig, request: CaptureRequest): Promise<string> {
    const receivedAt = Date.now();
    const { timestamp, signature, eventType, correlationId, key } = readHead(request.rawHeaders, receivedAt);
    verify(endpoint.secrets, request.body, timestamp, signature);
    const ownType = eventTypeIn(request.body);
    const kept = { ...request, rawHeaders: withoutCredentials(request.rawHeaders) };
    const headers = encodeHeaders(kept.rawHeaders);
    const full = this.dependencies.quota.refuses(endpoint, sizeOf(kept, headers), true);
    if (full) throw full;
    const event = await this.dependencies.writer.write(endpoint, kept, {
      id: newId(receivedAt),
      source: API_SOURCE,
      eventType: eventType ?? ownType,
      verifiedBy: API_SOURCE,
      bodyAuthenticated: true,
      correlationId,
      headers,
      dedup: key === null ? null : dedupOf(key, request.body),
    });
    return event.eventId;
  }
}

/**
 * Refuses a request of signed ingest that no body could make acceptable, before its body is read.
 * @param rawHeaders names and values in turn
 * @throws PaggioError `INVALID_SIGNATURE` for a signature that is missing, malformed or too old, `BAD_REQUEST` that names
 *   the header, or `UNSUPPORTED_MEDIA_TYPE`
 */
export function checkIngestHead(rawHeaders: readonly string[]): void {
  readHead(rawHeaders, Date.now());
}

interface Head {
  timestamp: string;
  signature: string;
  eventType: string | null;
  correlationId: string | null;
  key: string | null;
}

/** Everything that the headers say, checked as far as that is possible without the body. */
function readHead(rawHeaders: readonly string[], nowMs: number): Head {
  const headers = new HeaderList(rawHeaders);
  const timestamp = headers.only('x-pj-timestamp');
  const signature = headers.only('x-pj-signature');
  if (timestamp === undefined || signature === undefined)
    throw wrongSignature('X-PJ-Timestamp and X-PJ-Signature are required.');
  if (timestamp === repeated || signature === repeated)
    throw wrongSignature('X-PJ-Timestamp and X-PJ-Signature must each be sent once.');
  if (!/^\d{1,12}$/.test(timestamp)) throw wrongSignature('X-PJ-Timestamp must be Unix seconds.');
  if (isDeliveryTimestamp(timestamp))
    throw wrongSignature('X-PJ-Timestamp must not begin with a zero: only deliveries from Paggio have that form.');
  if (!/^[0-9a-f]{64}$/i.test(signature)) throw wrongSignature('X-PJ-Signature must be 64 hexadecimal digits.');
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    throw wrongSignature(`X-PJ-Timestamp is more than ${TOLERANCE_SECONDS} s in the past or future.`);
  const eventType = one(headers, 'x-pj-event-type', EVENT_TYPE, '1 to 128 letters, digits, - _ or .');
  const correlationId = one(headers, 'x-pj-correlation-id', CORRELATION_ID, '1 to 128 letters, digits, - or _');
  const key = one(headers, 'idempotency-key', IDEMPOTENCY_KEY, '1 to 255 visible ASCII characters');
  checkBodyEncoding(rawHeaders);
  return { timestamp, signature, eventType, correlationId, key };
}

function verify(secrets: readonly string[], body: Buffer, timestamp: string, signature: string): void {
  const given = Buffer.from(signature.toLowerCase(), 'latin1');
  const matches = secrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
    return timingSafeEqual(Buffer.from(expected, 'latin1'), given);
  });
  if (!matches) throw wrongSignature('The signature does not match the timestamp and body.');
}

function wrongSignature(reason: string): PaggioError {
  return new PaggioError('INVALID_SIGNATURE', 'The signature of this request is not valid', {
    hint: `${reason} X-PJ-Signature is the hex HMAC-SHA256 of "<timestamp>.<raw body>" under the endpoint's secret.`,
  });
}

/**
 * The event type that the body names, or null.
 * @throws PaggioError `BAD_REQUEST` when the body is not JSON
 */
function eventTypeIn(body: Buffer): string | null {
  const place = isUtf8(body) ? jsonPlace(body, ['event_type']) : 'not_json';
  if (place === 'not_json')
    throw new PaggioError('BAD_REQUEST', 'The body is not JSON', { hint: 'Send a JSON body in UTF-8.' });
  if (place === 'too_large')
    throw new PaggioError('BAD_REQUEST', 'The body is nested too deeply', { hint: 'Nest it less deeply.' });
  return typeof place.value === 'string' && EVENT_TYPE.test(place.value) ? place.value : null;
}

/** The value of an optional header that may occur only once. */
function one(headers: HeaderList, name: string, form: RegExp, description: string): string | null {
  const value = headers.only(name);
  if (value === undefined) return null;
  if (value !== repeated && form.test(value)) return value;
  const message = `${name} must be one header of ${description}.`;
  throw new PaggioError('BAD_REQUEST', `Invalid header: ${name}`, {
    hint: message,
    details: [{ field: name, message }],
  });
}

function dedupOf(idempotencyKey: string, body: Buffer): Dedup {
  return {
    key: createHash('sha256').update(`idempotency:${idempotencyKey}`).digest(),
    sha256: createHash('sha256').update(body).digest(),
    onKeyConflict: 'refuse',
  };
}

function withoutCredentials(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!consumed.has(name.toLowerCase())) kept.push(name, rawHeaders[i + 1] as string);
  }
  return kept;
}
