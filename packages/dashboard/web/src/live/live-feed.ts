import type { EventItem } from '@paggio/client';
import { call, mayPass } from '../api/call';
import type { StreamMessage } from '../api/event-stream';
import type { SharedStream } from './shared-stream';

/** `live`: by the stream. `polling`: every five seconds, while the stream is not there. `paused`: switched off. */
export type LiveState = 'connecting' | 'live' | 'polling' | 'offline' | 'paused';

export interface LiveSnapshot {
  state: LiveState;
  /** The newest first. */
  events: readonly EventItem[];
  /** Whether the list was read at least once. */
  loaded: boolean;
}

/** What happened since the last one, each event once and as it is now. */
export interface LiveBatch {
  created: readonly EventItem[];
  updated: readonly EventItem[];
  /** Something was missed: read what is shown again. */
  reset: boolean;
}

export const SHOWN = 50;
/** Many events a second are one change of the page. */
const BATCH_MS = 250;
const POLL_MS = 5_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];

/** The newest events of all endpoints, kept up to date, and whoever wants to hear of changes. Its memory is bounded. */
export class LiveFeed {
  private stream: SharedStream | undefined;
  private readonly watchers = new Set<() => void>();
  private readonly hearers = new Set<(batch: LiveBatch) => void>();
  private snapshot: LiveSnapshot = { state: 'connecting', events: [], loaded: false };
  private created = new Map<string, EventItem>();
  private updated = new Map<string, EventItem>();
  private missed = false;
  /** For each list that is on its way: what happened since it was asked for. */
  private readonly loads = new Set<Map<string, EventItem>>();
  private flushing: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;

  /** Follows what happens in one session until `pause` or `end`. A stream of another session begins with nothing. */
  start(stream: SharedStream): void {
    if (this.stream === stream) return;
    this.end();
    this.stream = stream;
    this.resume();
  }

  /** Goes on after `pause`, without a gap. */
  resume(): void {
    if (this.running || !this.stream) return;
    this.running = new AbortController();
    this.set({ state: 'connecting' });
    void this.run(this.stream, this.running.signal);
  }

  /** Stays where it is, and lets the stream go. */
  pause(): void {
    this.stopRunning();
    this.set({ state: 'paused' });
  }

  /** Forgets everything: whoever signs in next may be somebody else. */
  end(): void {
    this.stopRunning();
    this.stream = undefined;
    this.created.clear();
    this.updated.clear();
    this.snapshot = { state: 'connecting', events: [], loaded: false };
    this.tell();
  }

  readonly read = (): LiveSnapshot => this.snapshot;

  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  hear(hearer: (batch: LiveBatch) => void): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
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
              // What was committed before the connection stood is in the list.
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
      // A server that was restarted is there again at once.
      await this.pollFor(failures === 0 ? 250 : (RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] as number), signal);
    }
  }

  private async loadFirst(signal: AbortSignal): Promise<void> {
    while (!this.snapshot.loaded && !signal.aborted) {
      await this.load(signal);
      if (!this.snapshot.loaded) await pause(POLL_MS, signal);
    }
  }

  /** Waits before the stream is tried again, and reads the list meanwhile as often as it would be read without one. */
  private async pollFor(ms: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + ms;
    if (ms > 250) await this.load(signal);
    while (Date.now() < until && !signal.aborted) {
      await pause(Math.min(POLL_MS, until - Date.now()), signal);
      if (Date.now() < until) await this.load(signal);
    }
  }

  private async load(signal: AbortSignal): Promise<void> {
    // What the stream says meanwhile is newer than the list, which is a picture of when it was asked for.
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
      // More than one list came since the last one: what is between is known to the server only.
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
    this.tell();
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher();
  }

  private announce(batch: LiveBatch): void {
    for (const hearer of this.hearers) hearer(batch);
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
