/** At which point a request is held, so that the gateway can be killed at that moment. */
export type HoldPoint =
  /** Its head has arrived; none of its body has been read. */
  | 'head'
  /** It has arrived completely; nothing was answered. */
  | 'request'
  /** Half of the answer was written. */
  | 'half_answer';

export interface Hold {
  point: HoldPoint;
  /** How many requests pass before the held one. */
  after: number;
}

/**
 * How destinations behave, by the last part of their path: `plain` accepts everything; `rough` refuses, resets, hangs, is
 * slow or loses its answer for some first attempts, and never accepts one in a hundred; `slow` accepts everything after
 * longer than a lease.
 */
export type Profile = 'plain' | 'rough' | 'slow';

/** The delay of answers of `slow`: a lease and a third. */
export const SLOW_MS = 40_000;

/** Messages to the recorder. While it is `down`, it refuses every request with 503. */
export type RecorderWord = { hold: Hold } | { down: boolean } | 'report';

export interface RecorderReport {
  accepted: number;
  refused: number;
  unanswered: number;
}
