import type { EventItem } from '@paggio/client';
import { eventStreamFields } from '@paggio/client/event-stream';
import { mountPath } from '../mount';

export type StreamMessage =
  | { type: 'event.created' | 'event.updated'; event: EventItem }
  /** The server no longer has some missed events, so the list must be read again. */
  | { type: 'reset' };

/** The server sends at least one block every 15 s. */
const SILENCE_MS = 40_000;

export interface StreamReader {
  /** The connection is open, and no event is missed from now on. Later blocks wait for the promise. */
  onOpen(): void | Promise<void>;
  /** Receives a message, or null for a block without one, which only confirms the connection and moves the position. */
  onBlock(message: StreamMessage | null): void;
}

/** Reads the stream of events. A later read continues where the previous one stopped. */
export class EventStream {
  /** Where a new connection continues. Only the server understands this value. */
  position: string | null = null;

  /**
   * Resolves when the connection ends.
   * @throws Error when the connection cannot be opened or breaks
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
        // The first connection gets its position with the second block.
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
    // Parse first and move the position last: a message that cannot be parsed must be sent again.
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

/** Reads a body chunk by chunk, because not every browser supports `for await` over it yet. */
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
