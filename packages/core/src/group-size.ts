/**
 * How many rows one statement writes. Where a statement runs into its time limit, as over a network of 10 kB/s, the same
 * rows would do so for ever: half as many are tried next. What passes lets it grow again.
 */
export class GroupSize {
  limit: number;

  constructor(private readonly max: number) {
    this.limit = max;
  }

  passed(): void {
    if (this.limit < this.max) this.limit = Math.min(this.max, this.limit * 2);
  }

  /** @param size of the group that did not pass in time */
  failed(size: number): void {
    this.limit = Math.max(1, Math.min(this.limit, size >> 1));
  }
}

/** Whether the server (57014: query_canceled) or the driver ended a statement that took too long. */
export function isTimeout(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '57014' || message === 'Query read timeout';
}
