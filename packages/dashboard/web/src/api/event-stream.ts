import type { EventItem } from '@paggio/client';
import { mountPath } from '../mount';

export type StreamMessage =
  | { type: 'event.created' | 'event.updated'; event: EventItem }
  /** Events were missed that the server does not know any more: read the list. */
  | { type: 'reset' };

/** The server says something every 15 s. */
const SILENCE_MS = 40_000;

export interface StreamReader {
  /** The connection stands: from here on nothing is missed. */
  onOpen(): void;
  onMessage(message: StreamMessage): void;
}

/** Reads the stream of events, from where it left off when it is read again. */
export class EventStream {
  private lastEventId: string | null = null;

  /**
   * Ends when the connection does.
   * @throws when there is none
   */
  async read(reader: StreamReader, signal: AbortSignal): Promise<void> {
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    heard();
    try {
      const response = await fetch(`${mountPath}/api/v1/events/stream`, {
        headers: this.lastEventId === null ? {} : { 'last-event-id': this.lastEventId },
        signal: AbortSignal.any([signal, silence.signal]),
        cache: 'no-store',
      });
      if (!response.ok || !response.body) throw new Error(`The stream was refused with ${response.status}`);
      let opened = false;
      for await (const block of blocksOf(response.body, heard)) {
        if (!opened) reader.onOpen();
        opened = true;
        const message = this.take(block);
        if (message) reader.onMessage(message);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Forgets its place: the next one who signs in may be somebody else. */
  forget(): void {
    this.lastEventId = null;
  }

  private take(block: string): StreamMessage | null {
    const fields = new Map(block.split('\n').map(toField));
    // In this order: a message that was not taken must come again.
    const type = fields.get('event');
    const data = fields.get('data');
    const message: StreamMessage | null =
      type === 'reset'
        ? { type }
        : (type === 'event.created' || type === 'event.updated') && data !== undefined
          ? { type, event: JSON.parse(data) as EventItem }
          : null;
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    return message;
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, as the server writes it: lines end with a line feed. */
async function* blocksOf(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<string, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      text += decoder.decode(value, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function toField(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
