import { isUtf8 } from 'node:buffer';
import { HeaderList } from '@paggio/providers';
import type { EventContent, Work } from '../delivery/work';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { Mode } from '../principal';

/** An event as a handler receives it. */
export interface WebhookEvent<Payload = unknown> {
  /** The same in every attempt, so that a handler can recognise a repetition. */
  readonly id: string;
  /** Id of the first event in a chain of replays. It equals `id` when the event is not a replay. */
  readonly originId: string;
  /** Name of the provider, or `api` for events that the app published itself. */
  readonly source: string;
  /** The provider's name for the event type. `null` when the provider gives none. */
  readonly type: string | null;
  /**
   * The parsed JSON body, or the fields of a form. `undefined` otherwise. Big numbers lose digits, but not in `body`.
   */
  readonly payload: Payload;
  /** The exact bytes that arrived. */
  readonly body: Buffer;
  readonly method: string;
  /** The query as received, without the question mark. */
  readonly query: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly receivedAt: Date;
  /**
   * The provider that verification has confirmed. `null` for unverified events, which only handlers with `unverified`
   * get.
   */
  readonly verifiedBy: string | null;
  readonly correlationId: string | null;
  readonly endpoint: { readonly id: string; readonly name: string };
  readonly userId: string;
  readonly mode: Mode;
  /** Returns a header by its name, in any case. It is the first one if there are several. */
  header(name: string): string | undefined;
}

/** @param content the event's content. All its deliveries share it, and nothing of it is copied */
export function toWebhookEvent(work: Work, content: EventContent, endpoint: EndpointConfig): WebhookEvent {
  let parsed: { payload: unknown } | undefined;
  const headers = new HeaderList(content.headers);
  return {
    id: work.eventId,
    originId: content.originId,
    source: content.source,
    type: content.eventType,
    get payload(): unknown {
      parsed ??= { payload: payloadOf(content.body, headers.get('content-type') ?? '') };
      return parsed.payload;
    },
    body: content.body,
    method: content.method,
    query: content.query,
    rawHeaders: content.headers,
    receivedAt: new Date(content.receivedAt),
    verifiedBy: content.verifiedBy,
    correlationId: content.correlationId,
    endpoint: { id: endpoint.id, name: endpoint.name },
    userId: endpoint.userId,
    mode: endpoint.mode,
    header: (name) => headers.get(name.toLowerCase()),
  };
}

function payloadOf(body: Buffer, contentType: string): unknown {
  // Decoding bytes that are not UTF-8 would put characters into the payload that nobody sent.
  if (!isUtf8(body)) return undefined;
  const text = body.toString('utf8');
  if (contentType.toLowerCase().startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
