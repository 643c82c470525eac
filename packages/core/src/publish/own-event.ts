import { invalid } from '../errors';
import { parseId } from '../event-id';
import { problemsOf } from '../input/check';
import { ownOperations } from '../rules/operations';
import type { Mode, Owner } from '../principal';
import type { Transaction } from '../storage/statements';
import type { PublishInput } from './publishing';

/** An event that the app publishes. */
export interface OwnEvent {
  /** The user whose endpoints receive it. */
  userId: string;
  /** @default 'live' */
  mode?: Mode;
  /** 1 to 128 letters, digits, `-`, `_` and `.`. */
  eventType: string;
  /** A string must be JSON text and is sent as it is. Any other value is converted to JSON. */
  payload: unknown;
  /** @default every active endpoint of the user whose `event_types` match */
  endpointIds?: readonly string[];
  /** 1 to 255 visible ASCII characters. For 72 hours, a repetition with the same key and input creates nothing. */
  idempotencyKey?: string | null;
}

/**
 * @param sizeLimit the most bytes that the payload may have
 * @throws PaggioError `VALIDATION_FAILED` with everything that is wrong
 */
export function toPublishInput(
  event: OwnEvent,
  options: { tx?: Transaction },
  sizeLimit: number,
): { owner: Owner; input: PublishInput } {
  const problems = problemsOf(ownOperations.publish, [event, options]) ?? [];
  const isReadable = !problems.some(({ field }) => field === 'input' || field === 'payload');
  const payload = isReadable ? sourceOf(event.payload) : '';
  if (payload === undefined)
    problems.push({ field: 'payload', message: 'payload must be a JSON value, or a string that contains JSON.' });
  else if (Buffer.byteLength(payload) > sizeLimit)
    problems.push({ field: 'payload', message: `payload is larger than ${sizeLimit} bytes.` });
  if (problems.length > 0 || payload === undefined) throw invalid(problems);
  const { userId, mode = 'live', eventType, endpointIds, idempotencyKey = null } = event;
  const ids = endpointIds?.map((id) => parseId(id, 'endpoint') as string);
  return { owner: { userId, mode }, input: { eventType, payload, endpointIds: ids, idempotencyKey } };
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
