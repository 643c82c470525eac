import { EventStream, type StreamMessage, type StreamReader } from '../api/event-stream';

/** A page that leads says something at least every 15 s, because the server does. */
const SILENCE_MS = 40_000;
/** How long a page that leads may take to answer a new one. */
const ANSWER_MS = 5_000;

/** What the pages of one browser say to each other. */
type Said =
  | { kind: 'hello' }
  | { kind: 'connecting' }
  | { kind: 'open'; position: string | null }
  | { kind: 'block'; message: StreamMessage | null; position: string | null }
  | { kind: 'end'; failed: boolean };

/**
 * One event stream for all pages of a browser that show the same session. Over HTTP/1.1 a browser has six connections to
 * a host; a stream of each page would leave none for anything else. The page that holds a lock has the stream and passes
 * on what it says. When that page goes away, the browser gives the lock to another one, which goes on at the place that
 * it has reached itself.
 *
 * Locks need a secure context: TLS, or this machine. Elsewhere a page has a stream of its own while it is visible.
 */
export class SharedStream {
  private readonly stream = new EventStream();

  /**
   * @param name of what is shared: pages with another session or mode must have another one
   * @param confirm rejects when the server answers for another session than the one that the name stands for
   */
  constructor(
    private readonly name: string,
    private readonly confirm: (signal: AbortSignal) => Promise<void>,
  ) {}

  /**
   * Ends when the connection does, whichever page has it, or when `signal` is aborted.
   * @throws when there is none
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

/** From the moment that a page wants the stream until the connection ends: it follows, and it may come to lead. */
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
    this.channel.onmessage = ({ data }: MessageEvent<Said>) => this.hear(data);
    if (signal.aborted) this.finish();
    signal.addEventListener('abort', () => this.finish(), { signal: this.over.signal });
    this.ask({ signal: this.over.signal });
    this.expectWord(ANSWER_MS);
    this.say({ kind: 'hello' });
  }

  private ask(options: LockOptions): void {
    if (this.over.signal.aborted) return;
    navigator.locks
      .request(this.name, options, () => this.lead())
      // Another page took the lock away, or it is not wanted any more.
      .catch(() => this.finish());
  }

  private async lead(): Promise<void> {
    if (this.over.signal.aborted) return;
    clearTimeout(this.timer);
    this.leads = 'connecting';
    this.say({ kind: 'connecting' });
    try {
      await this.stream.read(
        {
          onOpen: async () => {
            await this.confirmed.onOpen();
            this.leads = 'open';
            this.say({ kind: 'open', position: this.stream.position });
          },
          onBlock: (message) => {
            // Blocks before that have no position, and would make others forget theirs.
            if (this.leads === 'open') this.say({ kind: 'block', message, position: this.stream.position });
            this.confirmed.onBlock(message);
          },
        },
        this.over.signal,
      );
      this.say({ kind: 'end', failed: false });
      this.finish();
    } catch (error) {
      this.say({ kind: 'end', failed: true });
      this.finish(error);
    }
  }

  private hear(said: Said): void {
    if (this.leads !== 'no') {
      if (said.kind === 'hello')
        this.say(this.leads === 'open' ? { kind: 'open', position: this.stream.position } : { kind: 'connecting' });
      return;
    }
    if (said.kind === 'hello') return;
    this.expectWord(SILENCE_MS);
    if (said.kind === 'open') this.open(said.position);
    else if (said.kind === 'block') this.take(said.message, said.position);
    else if (said.kind === 'end') this.finish(said.failed ? new Error('The page that leads has no stream') : undefined);
  }

  private open(position: string | null): void {
    if (!this.follows) void this.reader.onOpen();
    this.follows = true;
    // What came between the place that this page had reached and this one was not heard.
    const missed = this.stream.position !== null && this.stream.position !== position;
    this.stream.position = position;
    if (missed) this.reader.onBlock({ type: 'reset' });
  }

  private take(message: StreamMessage | null, position: string | null): void {
    // Before it knows where the stream is, it cannot tell what it has missed: `open` follows.
    if (!this.follows) return;
    this.stream.position = position;
    this.reader.onBlock(message);
  }

  /** A page that leads and is silent may be frozen: its lock is taken away. */
  private expectWord(ms: number): void {
    clearTimeout(this.timer);
    if (!this.over.signal.aborted) this.timer = setTimeout(() => this.ask({ steal: true }), ms);
  }

  private say(said: Said): void {
    // A closed channel cannot be written to.
    if (!this.over.signal.aborted) this.channel.postMessage(said);
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
