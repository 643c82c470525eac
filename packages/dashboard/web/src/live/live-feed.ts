import type { EventItem } from '@paggio/client';
import { call, mayPass } from '../api/call';
import type { StreamMessage } from '../api/event-stream';
import type { SharedStream } from './shared-stream';

/** `live` uses the stream, `polling` reads the list every five seconds without it, and `paused` is switched off. */
export type LiveState = 'connecting' | 'live' | 'polling' | 'offline' | 'paused';

export interface LiveSnapshot {
  state: LiveState;
  /** Newest first. */
  events: readonly EventItem[];
  /** Whether the list was read at least once. */
  loaded: boolean;
}

/** The changes since the previous batch. Each event appears once, in its current state. */
export interface LiveBatch {
  created: readonly EventItem[];
  updated: readonly EventItem[];
  /** Whether changes were missed, so that the visible data must be read again. */
  reset: boolean;
}

export const SHOWN = 50;
/** Changes within this time are applied to the page together. */
const BATCH_MS = 250;
const POLL_MS = 5_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];

/** Keeps the newest events of all endpoints up to date and informs listeners of changes. It uses bounded memory. */
export class LiveFeed {
  private stream: SharedStream | undefined;
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Set<(batch: LiveBatch) => void>();
  private snapshot: LiveSnapshot = { state: 'connecting', events: [], loaded: false };
  private created = new Map<string, EventItem>();
  private updated = new Map<string, EventItem>();
  private missed = false;
  /** For each list request in flight, the changes since it was sent. */
  private readonly loads = new Set<Map<string, EventItem>>();
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;

  /** Follows one session until `pause` or `end`. The stream of another session starts from an empty list. */
  start(stream: SharedStream): void {
    if (this.stream === stream) return;
    this.end();
    this.stream = stream;
    this.resume();
  }

  /** Continues after `pause` without a gap. */
  resume(): void {
    if (this.running || !this.stream) return;
    this.running = new AbortController();
    this.set({ state: 'connecting' });
    void this.run(this.stream, this.running.signal);
  }

  /** Keeps the current events and closes the stream. */
  pause(): void {
    this.stopRunning();
    this.set({ state: 'paused' });
  }

  /** Drops all data, because the next person to sign in may be someone else. */
  end(): void {
    this.stopRunning();
    this.stream = undefined;
    this.created.clear();
    this.updated.clear();
    this.snapshot = { state: 'connecting', events: [], loaded: false };
    this.notify();
  }

  readonly read = (): LiveSnapshot => this.snapshot;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Calls `listener` with every batch. Returns a function that unsubscribes. */
  listen(listener: (batch: LiveBatch) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private stopRunning(): void {
    this.running?.abort();
    this.running = undefined;
    this.flush();
  }

  private async run(stream: SharedStream, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await stream.read(
          {
            onOpen: () => {
              failures = 0;
              this.set({ state: 'live' });
              // The list has the events that were committed before the connection opened.
              void this.loadFirst(signal);
            },
            onBlock: (message) => {
              if (message && !signal.aborted) this.take(message);
            },
          },
          signal,
        );
      } catch {
        if (signal.aborted) return;
        failures++;
      }
      if (signal.aborted) return;
      if (this.snapshot.state === 'live') this.set({ state: 'connecting' });
      // A restarted server is back almost immediately.
      await this.pollFor(failures === 0 ? 250 : (RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] as number), signal);
    }
  }

  private async loadFirst(signal: AbortSignal): Promise<void> {
    while (!this.snapshot.loaded && !signal.aborted) {
      await this.load(signal);
      if (!this.snapshot.loaded) await pause(POLL_MS, signal);
    }
  }

  /** Waits before the next attempt to open the stream, and polls the list during that time. */
  private async pollFor(ms: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + ms;
    if (ms > 250) await this.load(signal);
    while (Date.now() < until && !signal.aborted) {
      await pause(Math.min(POLL_MS, until - Date.now()), signal);
      if (Date.now() < until) await this.load(signal);
    }
  }

  private async load(signal: AbortSignal): Promise<void> {
    // Changes from the stream during the request are newer than the list, which shows the state at its start.
    const meanwhile = new Map<string, EventItem>();
    this.loads.add(meanwhile);
    try {
      const { data } = await call('events.list', { query: { limit: SHOWN }, signal });
      if (signal.aborted) return;
      this.flush();
      const { state: before, events, loaded } = this.snapshot;
      const state = before === 'live' ? 'live' : 'polling';
      const listed = new Map(data.map((event) => [event.id, event]));
      const oldest = data.length < SHOWN ? '' : (data.at(-1)?.id ?? '');
      for (const event of meanwhile.values()) if (event.id > oldest) listed.set(event.id, event);
      const known = new Set(events.map(({ id }) => id));
      this.set({ state, events: [...listed.values()].sort(newestFirst).slice(0, SHOWN), loaded: true });
      if (!loaded || state === 'live') return;
      // More events arrived than fit in one list, so only the server knows those in between.
      const reset = data.length === SHOWN && !data.some(({ id }) => known.has(id));
      this.announce({ created: data.filter(({ id }) => !known.has(id)), updated: data, reset });
    } catch (error) {
      if (!signal.aborted && this.snapshot.state !== 'live' && mayPass(error)) this.set({ state: 'offline' });
    } finally {
      this.loads.delete(meanwhile);
    }
  }

  private take(message: StreamMessage): void {
    if (message.type === 'reset') this.missed = true;
    else if (message.type === 'event.created') this.created.set(message.event.id, message.event);
    else if (this.created.has(message.event.id)) this.created.set(message.event.id, message.event);
    else this.updated.set(message.event.id, message.event);
    this.flushing ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  private flush(): void {
    clearTimeout(this.flushing);
    this.flushing = undefined;
    const batch = {
      created: [...this.created.values()].reverse(),
      updated: [...this.updated.values()],
      reset: this.missed,
    };
    this.created = new Map();
    this.updated = new Map();
    this.missed = false;
    if (batch.created.length + batch.updated.length === 0 && !batch.reset) return;
    const known = new Set(this.snapshot.events.map(({ id }) => id));
    const now = new Map([...batch.created, ...batch.updated].map((event) => [event.id, event]));
    for (const meanwhile of this.loads) for (const [id, event] of now) meanwhile.set(id, event);
    const kept = this.snapshot.events.map((event) => now.get(event.id) ?? event);
    const fresh = batch.created.filter(({ id }) => !known.has(id));
    this.set({ events: fresh.length === 0 ? kept : [...fresh, ...kept].sort(newestFirst).slice(0, SHOWN) });
    if (batch.reset && this.running) void this.load(this.running.signal);
    this.announce(batch);
  }

  private set(change: Partial<LiveSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    this.notify();
  }

  private notify(): void {
    for (const watcher of this.watchers) watcher();
  }

  private announce(batch: LiveBatch): void {
    for (const listener of this.listeners) listener(batch);
  }
}

/** Ids are ordered by time. */
function newestFirst(a: EventItem, b: EventItem): number {
  return a.id < b.id ? 1 : -1;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
