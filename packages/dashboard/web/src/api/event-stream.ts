import type { EventItem } from '@paggio/client';
import { eventStreamFields } from '@paggio/client/event-stream';
import { mountPath } from '../mount';

export type StreamMessage =
  | { type: 'event.created' | 'event.updated'; event: EventItem }
  /** Events were missed that the server does not know any more: read the list. */
  | { type: 'reset' };

/** The server says something every 15 s. */
const SILENCE_MS = 40_000;

export interface StreamReader {
  /** The connection is there, and nothing is missed from here on. What follows waits for the promise. */
  onOpen(): void | Promise<void>;
  /** A message, or null for a block without one: a sign of life, and a new position. */
  onBlock(message: StreamMessage | null): void;
}

/** Reads the stream of events, from where it left off when it is read again. */
export class EventStream {
  /** Where a new connection goes on. The server alone knows what it means. */
  position: string | null = null;

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
        headers: this.position === null ? {} : { 'last-event-id': this.position },
        signal: AbortSignal.any([signal, silence.signal]),
        cache: 'no-store',
      });
      if (!response.ok || !response.body) throw new Error(`The stream was refused with ${response.status}`);
      let opened = false;
      for await (const fields of eventStreamFields(chunksOf(response.body, heard))) {
        const message = this.take(fields);
        // A first connection has a position with its second block.
        if (!opened && this.position !== null) {
          opened = true;
          await reader.onOpen();
        }
        reader.onBlock(message);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private take(fields: ReadonlyMap<string, string>): StreamMessage | null {
    // In this order: a message that was not taken must come again.
    const type = fields.get('event');
    const data = fields.get('data');
    const message: StreamMessage | null =
      type === 'reset'
        ? { type }
        : (type === 'event.created' || type === 'event.updated') && data !== undefined
          ? { type, event: JSON.parse(data) as EventItem }
          : null;
    this.position = fields.get('id') ?? this.position;
    return message;
  }
}

/** `for await` over a body is not in every browser yet. */
async function* chunksOf(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
