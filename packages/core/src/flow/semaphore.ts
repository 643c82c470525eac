import { unavailable } from '../errors';

/** Runs at most `atOnce` calls at once. At most `maxWaiting` further calls wait for their turn. */
export class Semaphore {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly maxWaiting: number,
    /** Names what there are too many of, in the error: "Too many ... at once". */
    private readonly what: string,
  ) {}

  /** @throws PaggioError `UNAVAILABLE` when too many wait already */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside < this.atOnce) this.inside++;
    else if (this.waiting.length >= this.maxWaiting) throw unavailable(`Too many ${this.what} at once`);
    else await new Promise<void>((done) => this.waiting.push(done));
    try {
      return await work();
    } finally {
      // The next in line takes over the place.
      const next = this.waiting.shift();
      if (next) next();
      else this.inside--;
    }
  }
}
