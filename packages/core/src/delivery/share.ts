/** The part of a process in work that several share. */
export interface Share {
  count: number;
  /** 0 to `count - 1`. */
  index: number;
}

/** The processes that deliver, as this one last saw them, and its share among them. */
export interface WorkerGroup extends Share {
  /** Its share among those that have a handler, by the handler's name. */
  handlers: ReadonlyMap<string, Share>;
  /** Whether any other process has checked in and not checked out, even one that no longer counts. */
  hasOthers: boolean;
}

export const alone: WorkerGroup = { count: 1, index: 0, handlers: new Map(), hasOthers: false };

/**
 * Returns this process's share of a destination's concurrency. The shares of all processes add up to it. The remainder
 * goes to processes that a number taken from the destination's id selects, so that different destinations prefer
 * different processes. `SHARE` in the claim computes the same.
 */
export function shareOf(destinationId: string, concurrency: number, { count, index }: Share): number {
  const extra = (laneNumber(destinationId) + index) % count < concurrency % count ? 1 : 0;
  return Math.floor(concurrency / count) + extra;
}

function laneNumber(destinationId: string): number {
  return Number.parseInt(destinationId.slice(-7), 16);
}
