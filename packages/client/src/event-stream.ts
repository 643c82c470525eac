import type { EventItem } from './api';

/** A message of the event stream. */
export type StreamMessage =
  | { type: 'event.created' | 'event.updated'; event: EventItem; lastEventId: string | null }
  /** Events were missed that the server does not know any more: read the list. */
  | { type: 'reset'; lastEventId: string | null };

/** Parses the text of https://html.spec.whatwg.org/multipage/server-sent-events.html as it comes. */
export async function* parseEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamMessage, void, void> {
  const decoder = new TextDecoder();
  let text = '';
  let lastEventId: string | null = null;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map(toField));
      lastEventId = fields.get('id') ?? lastEventId;
      const type = fields.get('event');
      const data = fields.get('data');
      if (type === 'reset') yield { type, lastEventId };
      else if ((type === 'event.created' || type === 'event.updated') && data !== undefined)
        yield { type, event: JSON.parse(data) as EventItem, lastEventId };
    }
  }
}

function toField(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
