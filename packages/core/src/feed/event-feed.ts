import type { Events } from '../events/events';
import type { EventSummary } from '../events/event';
import type { Owner } from '../principal';
import type { ChangeLog, ChangePage } from '../events/change-log';
import type { Telemetry } from '../telemetry/telemetry';
import type { Timing } from '../flow/timing';
import { formatPosition, parsePosition, type Position } from '../events/position';

export type FeedMessage =
  | { type: 'event.created' | 'event.updated'; event: EventSummary; position: string | null }
  /** What came between cannot be told any more: read the list again. */
  | { type: 'reset'; position: string }
  /** Nothing happened for a while, or yet. */
  | { type: 'idle'; position: string }
  /** Nothing new: time for the reader to see whether it may go on. */
  | { type: 'tick'; position: null };

export interface EventFeedDependencies {
  log: ChangeLog;
  events: Pick<Events, 'summaries'>;
  telemetry: Telemetry;
  timing: Timing;
}

/** Transactions of one page; most hold one or a few events, at full load some hundreds. */
const PAGE = 100;
/** After something happened in this process, so that what happens with it is told together. */
const GATHER_MS = 50;

/** What happens to an owner's events, as it happens, and from where a reader left off. */
export class EventFeed {
  private stopped = false;
  private readonly waiting = new Set<() => void>();
  private unsubscribe: (() => void) | undefined;
  private heard = 0;
  private gathering: NodeJS.Timeout | undefined;

  constructor(private readonly dependencies: EventFeedDependencies) {}

  /**
   * Messages without end, until the feed stops or the reader returns. The last message of what was committed together
   * carries a position; resuming there misses nothing and repeats nothing older.
   * @param from a position of an earlier message; null: from now on
   */
  async *follow(owner: Owner, from: string | null): AsyncGenerator<FeedMessage, void, void> {
    const { log } = this.dependencies;
    let position = from === null ? undefined : parsePosition(from);
    if (!position || !(await log.reaches(position))) {
      position = await log.end();
      // A reader whose connection ends before anything happens has to know its place too.
      yield { type: from === null ? 'idle' : 'reset', position: formatPosition(position) };
    }
    let toldAt = performance.now();
    while (!this.stopped) {
      const heard = this.listen();
      const stretch = await this.read(owner, position);
      if (!stretch) {
        // The database is away: the reader keeps its place and its connection.
        yield { type: 'tick', position: null };
        await this.change(heard);
        continue;
      }
      const { page, items } = stretch;
      position = page.position;
      const created = new Set(page.created);
      for (const [index, event] of items.entries()) {
        const last = index === items.length - 1;
        const type = created.has(event.id) ? 'event.created' : 'event.updated';
        yield { type, event, position: last ? formatPosition(position) : null };
      }
      if (items.length > 0) toldAt = performance.now();
      else if (performance.now() - toldAt > this.dependencies.timing.feedIdleMs) {
        toldAt = performance.now();
        yield { type: 'idle', position: formatPosition(position) };
      } else yield { type: 'tick', position: null };
      if (!page.more) await this.change(heard);
    }
  }

  private async read(
    owner: Owner,
    position: Position,
  ): Promise<{ page: ChangePage; items: EventSummary[] } | undefined> {
    const { events, log } = this.dependencies;
    try {
      const page = await log.read(position, PAGE);
      const items = await events.summaries(owner, [...new Set([...page.created, ...page.updated])]);
      return { page, items };
    } catch {
      return undefined;
    }
  }

  /** Ends every reader, so that their connections do not hold up the end of the server. */
  stop(): void {
    this.stopped = true;
    for (const done of this.waiting) done();
    this.unsubscribe?.();
  }

  /** How much was heard so far. What is heard after a look and before the wait for more must not be slept through. */
  private listen(): number {
    this.unsubscribe ??= this.dependencies.telemetry.subscribe(({ type }) => {
      if (type === 'fault') return;
      this.heard++;
      this.gather();
    });
    return this.heard;
  }

  /** Resolves a moment after something happened in this process, and in time to look for what others did. */
  private change(heard: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, this.dependencies.timing.feedLookMs);
      timer.unref();
      this.waiting.add(done);
      if (this.heard !== heard) this.gather();
    });
  }

  private gather(): void {
    if (this.gathering || this.waiting.size === 0) return;
    this.gathering = setTimeout(() => {
      this.gathering = undefined;
      for (const done of this.waiting) done();
    }, GATHER_MS);
    this.gathering.unref();
  }
}
