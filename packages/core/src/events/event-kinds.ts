import { formatId } from '../event-id';
import { RecentMap } from '../flow/recent-map';
import type { Mode } from '../principal';
import type { Database } from '../storage/database';
import { ownerWord } from './dictionary';
import { KINDS } from './index-sql';

/** What an event has in common with others in lists and statistics. */
export interface Kind {
  readonly userId: string;
  readonly mode: Mode;
  /** The 16 bytes of the id. An endpoint belongs to one user and mode. */
  readonly endpointId: Buffer;
  readonly source: string;
  readonly eventType: string | null;
}

const MAX_KNOWN = 50_000;
/** One look finds at most this many numbers. Strangers may make up any number of types. */
const LOOK = 500;
const LOOK_AGAIN_MS = 1_000;

/**
 * The numbers of kinds of events, as the event index gives them. The first event of a kind has no number yet; this
 * process looks for it afterwards, at most once a second.
 */
export class EventKinds {
  private readonly known = new RecentMap<string, number>(MAX_KNOWN);
  private readonly missed = new Map<string, Kind>();
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** Rises with `forget`, so that an answer from before does not count. */
  private age = 0;

  constructor(private readonly database: Pick<Database, 'rows'>) {}

  /** The number of a kind, or 0 while it is not known. */
  numberOf(kind: Kind): number {
    const name = nameOf(kind);
    const number = this.known.get(name);
    if (number !== undefined) return number;
    if (this.missed.size < LOOK) {
      // Not the event itself, whose body may be large: what was missed waits for the next events.
      const { userId, mode, endpointId, source, eventType } = kind;
      this.missed.set(name, { userId, mode, endpointId, source, eventType });
    }
    return 0;
  }

  /** Call it after events were stored. Looks for the numbers that were missing. It never throws. */
  learn(): void {
    if (this.missed.size === 0 || performance.now() - this.lookedAt < LOOK_AGAIN_MS) return;
    this.lookedAt = performance.now();
    const { age } = this;
    const missed = [...this.missed];
    this.missed.clear();
    const kinds = missed.map(([, kind]) => kind);
    const values = [
      kinds.map(ownerWord),
      kinds.map(({ endpointId }) => formatId(endpointId)),
      kinds.map(({ source }) => source),
      kinds.map(({ eventType }) => eventType),
    ];
    this.database.rows<{ place: number; id: number }>(KINDS, values).then(
      (rows) => {
        if (age !== this.age) return;
        for (const { place, id } of rows) this.known.set(missed[place]?.[0] as string, id);
      },
      // The next events miss the same numbers.
      () => undefined,
    );
  }

  /** Forgets all numbers. A database that was restored from a backup may give them to other kinds. */
  forget(): void {
    this.age++;
    this.known.clear();
  }
}

function nameOf({ endpointId, source, eventType }: Kind): string {
  // A type may have any character, so it comes last. Nothing else tells null from an empty one.
  return `${endpointId.toString('latin1')}${source}\0${eventType === null ? '' : `:${eventType}`}`;
}
