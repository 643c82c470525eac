import { EventStream, type StreamMessage, type StreamReader } from '../api/event-stream';

/** The leading page sends a message at least every 15 s, because the server does. */
const SILENCE_MS = 40_000;
/** How long the leading page may take to reply to a new page. */
const ANSWER_MS = 5_000;

/** A message between the pages of one browser. */
type Message =
  | { kind: 'hello' }
  | { kind: 'connecting' }
  | { kind: 'open'; position: string | null }
  | { kind: 'block'; message: StreamMessage | null; position: string | null }
  | { kind: 'end'; failed: boolean };

/**
 * Shares one event stream between all pages of a browser that show the same session. Over HTTP/1.1 a browser opens at
 * most six connections to a host, so a stream for each page would soon leave none for other requests. The page that
 * holds a lock reads the stream and forwards its blocks to the others. When that page closes, the browser gives the
 * lock to another page, which continues from the position that it has reached itself.
 *
 * Locks need a secure context: TLS or loopback. Elsewhere each page reads its own stream while it is visible.
 */
export class SharedStream {
  private readonly stream = new EventStream();

  /**
   * @param name identifies what is shared: pages with a different session or mode must use a different name
   * @param confirm rejects when the name no longer identifies the browser's session
   */
  constructor(
    private readonly name: string,
    private readonly confirm: (signal: AbortSignal) => Promise<void>,
  ) {}

  /**
   * Resolves when the connection ends, whichever page has it, or when `signal` is aborted.
   * @throws Error when there is no connection
   */
  read(reader: StreamReader, signal: AbortSignal): Promise<void> {
    const confirmed: StreamReader = {
      onOpen: async () => {
        await this.confirm(signal);
        await reader.onOpen();
      },
      onBlock: (message) => reader.onBlock(message),
    };
    if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) return this.readWhileVisible(confirmed, signal);
    return new Turn(this.name, this.stream, reader, confirmed, signal).ended;
  }

  private async readWhileVisible(reader: StreamReader, signal: AbortSignal): Promise<void> {
    await visible(signal);
    const hidden = new AbortController();
    const look = (): void => {
      if (document.visibilityState === 'hidden') hidden.abort();
    };
    document.addEventListener('visibilitychange', look);
    try {
      await this.stream.read(reader, AbortSignal.any([signal, hidden.signal]));
    } catch (error) {
      if (!hidden.signal.aborted) throw error;
    } finally {
      document.removeEventListener('visibilitychange', look);
    }
  }
}

/** One page's part in a connection, from its request until the end. The page follows first, and may later lead. */
class Turn {
  readonly ended: Promise<void>;
  private readonly channel: BroadcastChannel;
  private readonly over = new AbortController();
  private done!: () => void;
  private fail!: (error: unknown) => void;
  private leads: 'no' | 'connecting' | 'open' = 'no';
  private follows = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly name: string,
    private readonly stream: EventStream,
    private readonly reader: StreamReader,
    private readonly confirmed: StreamReader,
    signal: AbortSignal,
  ) {
    this.ended = new Promise((done, fail) => Object.assign(this, { done, fail }));
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.receive(data);
    if (signal.aborted) this.finish();
    signal.addEventListener('abort', () => this.finish(), { signal: this.over.signal });
    this.ask({ signal: this.over.signal });
    this.expectMessage(ANSWER_MS);
    this.send({ kind: 'hello' });
  }

  private ask(options: LockOptions): void {
    if (this.over.signal.aborted) return;
    navigator.locks
      .request(this.name, options, () => this.lead())
      // Another page stole the lock, or this page no longer wants it.
      .catch(() => this.finish());
  }

  private async lead(): Promise<void> {
    if (this.over.signal.aborted) return;
    clearTimeout(this.timer);
    this.leads = 'connecting';
    this.send({ kind: 'connecting' });
    try {
      await this.stream.read(
        {
          onOpen: async () => {
            await this.confirmed.onOpen();
            this.leads = 'open';
            this.send({ kind: 'open', position: this.stream.position });
          },
          onBlock: (message) => {
            // Earlier blocks have no position, and would overwrite the positions of the other pages.
            if (this.leads === 'open') this.send({ kind: 'block', message, position: this.stream.position });
            this.confirmed.onBlock(message);
          },
        },
        this.over.signal,
      );
      this.send({ kind: 'end', failed: false });
      this.finish();
    } catch (error) {
      this.send({ kind: 'end', failed: true });
      this.finish(error);
    }
  }

  private receive(received: Message): void {
    if (this.leads !== 'no') {
      if (received.kind === 'hello')
        this.send(this.leads === 'open' ? { kind: 'open', position: this.stream.position } : { kind: 'connecting' });
      return;
    }
    if (received.kind === 'hello') return;
    this.expectMessage(SILENCE_MS);
    if (received.kind === 'open') this.open(received.position);
    else if (received.kind === 'block') this.take(received.message, received.position);
    else if (received.kind === 'end')
      this.finish(received.failed ? new Error('The leading page has no stream') : undefined);
  }

  private open(position: string | null): void {
    if (!this.follows) void this.reader.onOpen();
    this.follows = true;
    // This page missed the blocks between its own position and this one.
    const missed = this.stream.position !== null && this.stream.position !== position;
    this.stream.position = position;
    if (missed) this.reader.onBlock({ type: 'reset' });
  }

  private take(message: StreamMessage | null, position: string | null): void {
    // Until `open` arrives, this page does not know the position of the stream, nor what it has missed.
    if (!this.follows) return;
    this.stream.position = position;
    this.reader.onBlock(message);
  }

  /** Steals the lock of a leading page that stays silent, because it may be frozen. */
  private expectMessage(ms: number): void {
    clearTimeout(this.timer);
    if (!this.over.signal.aborted) this.timer = setTimeout(() => this.ask({ steal: true }), ms);
  }

  private send(message: Message): void {
    // A closed channel throws on writing.
    if (!this.over.signal.aborted) this.channel.postMessage(message);
  }

  private finish(error?: unknown): void {
    if (this.over.signal.aborted) return;
    this.over.abort();
    clearTimeout(this.timer);
    this.channel.close();
    if (error === undefined) this.done();
    else this.fail(error);
  }
}

function visible(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const look = (): void => {
      if (document.visibilityState === 'hidden' && !signal.aborted) return;
      document.removeEventListener('visibilitychange', look);
      signal.removeEventListener('abort', look);
      done();
    };
    document.addEventListener('visibilitychange', look);
    signal.addEventListener('abort', look);
    look();
  });
}
