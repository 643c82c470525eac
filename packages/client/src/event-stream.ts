import type { EventItem } from './api';

/** A message of the event stream. */
export type StreamMessage =
  | { type: 'event.created' | 'event.updated'; event: EventItem; lastEventId: string | null }
  /** The server no longer has some missed events, so the list must be read again. */
  | { type: 'reset'; lastEventId: string | null };

/** The messages of an event stream as they come. */
export async function* parseEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage, void, void> {
  let lastEventId: string | null = null;
  for await (const fields of eventStreamFields(body)) {
    lastEventId = fields.get('id') ?? lastEventId;
    const type = fields.get('event');
    const data = fields.get('data');
    if (type === 'reset') yield { type, lastEventId };
    else if ((type === 'event.created' || type === 'event.updated') && data !== undefined)
      yield { type, event: JSON.parse(data) as EventItem, lastEventId };
  }
}

/**
 * The fields of each block of https://html.spec.whatwg.org/multipage/server-sent-events.html, as the server writes it:
 * lines end with a line feed, and no field is repeated. Blocks without a message are included, because they may carry
 * an id.
 */
export async function* eventStreamFields(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ReadonlyMap<string, string>, void, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield new Map(block.split('\n').map(toField));
  }
}

function toField(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
