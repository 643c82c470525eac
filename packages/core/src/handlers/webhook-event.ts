import { isUtf8 } from 'node:buffer';
import { HeaderList } from '@paggio/providers';
import type { EventContent, Work } from '../delivery/work';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { Mode } from '../principal';

/** An event as a handler receives it. */
export interface WebhookEvent<Payload = unknown> {
  /** The same in every attempt: what repetitions can be told by. */
  readonly id: string;
  /** Of the first original where it is a replay, else `id`. */
  readonly originId: string;
  /** Name of the provider, or `api` for what the app published itself. */
  readonly source: string;
  /** As the provider calls it; null where it does not say. */
  readonly type: string | null;
  /** The body as JSON, or the fields of a form; undefined for anything else. Big numbers lose digits: see `body`. */
  readonly payload: Payload;
  /** The exact bytes that arrived. */
  readonly body: Buffer;
  readonly method: string;
  /** As received, without the question mark. */
  readonly query: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly receivedAt: Date;
  /** Who vouches for the sender; null: nobody. Only handlers that ask for it get such events. */
  readonly verifiedBy: string | null;
  readonly correlationId: string | null;
  readonly endpoint: { readonly id: string; readonly name: string };
  readonly userId: string;
  readonly mode: Mode;
  /** A header by its name, in any case; the first one where there are several. */
  header(name: string): string | undefined;
}

/** @param content the event's content, which its deliveries share: nothing of it is copied */
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
  // Decoding other bytes would put characters into the payload that nobody sent.
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
