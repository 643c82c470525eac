import { EVENT_TYPE, IDEMPOTENCY_KEY } from '../capture/signed-ingest';
import { invalid, type ErrorDetail } from '../errors';
import { parseId } from '../event-id';
import type { Mode } from '../principal';
import type { PublishInput } from './publishing';

/** An event of the app's own. */
export interface OwnEvent {
  /** Whose endpoints it is for. */
  userId: string;
  /** @default 'live' */
  mode?: Mode;
  /** 1 to 128 letters, digits, `-`, `_` and `.`. */
  eventType: string;
  /** A text is the source of a JSON value, and sent as it is; anything else is made into JSON. */
  payload: unknown;
  /** @default every active endpoint of the user whose `event_types` match */
  endpointIds?: readonly string[];
  /** 1 to 255 visible ASCII characters. A repetition with the same key and input makes nothing new, for 72 hours. */
  idempotencyKey?: string | null;
}

/** @throws PaggioError `VALIDATION_FAILED` with everything that is wrong */
export function toPublishInput(event: OwnEvent, sizeLimit: number): PublishInput {
  const problems: ErrorDetail[] = [];
  const fail = (field: string, message: string): void => void problems.push({ field, message });
  if (typeof event.userId !== 'string' || event.userId === '') fail('userId', 'userId must be the id of a user.');
  if (event.mode !== undefined && event.mode !== 'live' && event.mode !== 'test')
    fail('mode', 'mode must be "live" or "test".');
  if (typeof event.eventType !== 'string' || !EVENT_TYPE.test(event.eventType))
    fail('eventType', 'eventType must be 1 to 128 letters, digits, - _ or .');
  const key = event.idempotencyKey ?? null;
  if (key !== null && (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key)))
    fail('idempotencyKey', 'idempotencyKey must be 1 to 255 visible ASCII characters.');
  const isList = event.endpointIds === undefined || Array.isArray(event.endpointIds);
  if (!isList) fail('endpointIds', 'endpointIds must be a list of ids of endpoints.');
  const endpointIds = (isList ? event.endpointIds : undefined)?.map((id) => {
    const parsed = typeof id === 'string' ? parseId(id, 'endpoint') : undefined;
    if (parsed === undefined) fail('endpointIds', `"${String(id)}" is not the id of an endpoint.`);
    return parsed ?? id;
  });
  const payload = sourceOf(event.payload);
  if (payload === undefined) fail('payload', 'payload must be a JSON value, or the text of one.');
  else if (Buffer.byteLength(payload) > sizeLimit) fail('payload', `payload is larger than ${sizeLimit} bytes.`);
  if (problems.length > 0 || payload === undefined) throw invalid(problems);
  return { eventType: event.eventType, payload, endpointIds, idempotencyKey: key };
}

function sourceOf(payload: unknown): string | undefined {
  try {
    if (typeof payload !== 'string') return JSON.stringify(payload);
    JSON.parse(payload);
    return payload;
  } catch {
    return undefined;
  }
}
