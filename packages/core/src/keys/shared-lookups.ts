import { PaggioError } from '../errors';

/** How long a look-up waits for others. This allows at most ten statements a second, for any number of keys. */
const GATHER_MS = 100;
/** Look-ups that may wait at the same time. Each may hold a connection and part of a body. */
const MAX_WAITING = 500;

interface Lookup<Row> {
  result: Promise<Row | null>;
  resolve: (row: Row | null) => void;
  reject: (error: unknown) => void;
}

/**
 * Gathers the look-ups of 100 ms into one statement. It serves addresses that have just sent many invalid keys,
 * sessions or links. A flood of invented ones then costs the database almost nothing, and a valid one from the same
 * address still gets through a little later.
 */
export class SharedLookups<Row> {
  private waiting = new Map<string, Lookup<Row>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param find returns the rows that exist, by name */
  constructor(private readonly find: (names: readonly string[]) => Promise<ReadonlyMap<string, Row>>) {}

  /** @throws PaggioError `RATE_LIMITED` when too many wait already */
  ask(name: string): Promise<Row | null> {
    const asked = this.waiting.get(name);
    if (asked) return asked.result;
    if (this.waiting.size >= MAX_WAITING) {
      return Promise.reject(
        new PaggioError('RATE_LIMITED', 'Too many keys and sessions are being looked up', {
          hint: 'Send the request again.',
          retryAfterSeconds: 1,
        }),
      );
    }
    const { promise: result, ...settle } = withResolvers<Row | null>();
    this.waiting.set(name, { result, ...settle });
    this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    return result;
  }

  private async flush(): Promise<void> {
    const lookups = this.waiting;
    this.waiting = new Map();
    this.timer = undefined;
    try {
      const rows = await this.find([...lookups.keys()]);
      for (const [name, { resolve }] of lookups) resolve(rows.get(name) ?? null);
    } catch (error) {
      for (const { reject } of lookups.values()) reject(error);
    }
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}
