import type { Events } from '../events/events';
import type { EventSummary } from '../events/event';
import type { Owner } from '../principal';
import type { ChangeLog, ChangePage } from '../events/change-log';
import type { Telemetry } from '../telemetry/telemetry';
import type { Timing } from '../flow/timing';
import { formatPosition, parsePosition, type Position } from '../events/position';

export type FeedMessage =
  | { type: 'event.created' | 'event.updated'; event: EventSummary; position: string | null }
  /** The changes in between are no longer known, so the reader has to read the list again. */
  | { type: 'reset'; position: string }
  /** Nothing has happened for a while, or nothing at all yet. */
  | { type: 'idle'; position: string }
  /** Nothing is new. The reader gets a chance to check whether it may continue. */
  | { type: 'tick'; position: null };

export interface EventFeedDependencies {
  log: ChangeLog;
  events: Pick<Events, 'summaries'>;
  telemetry: Telemetry;
  timing: Timing;
}

/** Transactions of one page. Most have one or a few events, and at full load a few hundred. */
const PAGE = 100;
/** How long to wait after an event in this process, so that changes that come together are sent together. */
const GATHER_MS = 50;

/** Streams the changes of an owner's events as they happen, and from the position where a reader left off. */
export class EventFeed {
  private stopped = false;
  private readonly waiting = new Set<() => void>();
  private unsubscribe: (() => void) | undefined;
  private heard = 0;
  private gathering: NodeJS.Timeout | undefined;

  constructor(private readonly dependencies: EventFeedDependencies) {}

  /**
   * Yields messages until the feed stops or the reader returns. The last message about changes that were read together
   * carries a position. A reader that resumes there misses nothing and gets nothing older again.
   * @param from the position of an earlier message, or null to begin now
   */
  async *follow(owner: Owner, from: string | null): AsyncGenerator<FeedMessage, void, void> {
    const { log } = this.dependencies;
    let position = from === null ? undefined : parsePosition(from);
    if (!position || !(await log.reaches(position))) {
      position = await log.end();
      // A reader whose connection ends before anything happens needs a position too.
      yield { type: from === null ? 'idle' : 'reset', position: formatPosition(position) };
    }
    let sentAt = performance.now();
    while (!this.stopped) {
      const heard = this.listen();
      const stretch = await this.read(owner, position);
      if (!stretch) {
        // The database is unavailable. The reader keeps its position and its connection.
        yield { type: 'tick', position: null };
        await this.nextSignal(heard);
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
      if (items.length > 0) sentAt = performance.now();
      else if (performance.now() - sentAt > this.dependencies.timing.feedIdleMs) {
        sentAt = performance.now();
        yield { type: 'idle', position: formatPosition(position) };
      } else yield { type: 'tick', position: null };
      if (!page.more) await this.nextSignal(heard);
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

  /** Ends every reader, so that their connections do not delay the end of the server. */
  stop(): void {
    this.stopped = true;
    for (const done of this.waiting) done();
    this.unsubscribe?.();
  }

  /** How many signals came so far. `nextSignal` compares it, so that a signal between a read and the wait is not missed. */
  private listen(): number {
    this.unsubscribe ??= this.dependencies.telemetry.subscribe(({ type }) => {
      if (type === 'fault') return;
      this.heard++;
      this.gather();
    });
    return this.heard;
  }

  /** Resolves shortly after something happened in this process, or when it is time to look for changes by others. */
  private nextSignal(heard: number): Promise<void> {
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
