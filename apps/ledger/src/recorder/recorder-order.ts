/** Where a request is held, so that the gateway can be killed just then. */
export type HoldPoint =
  /** Its head has come; none of its body has been read. */
  | 'head'
  /** It has come completely; nothing was answered. */
  | 'request'
  /** Half of the answer was written. */
  | 'half_answer';

export interface Hold {
  point: HoldPoint;
  /** Requests that pass before it. */
  after: number;
}

/**
 * How destinations behave, by the last part of their path: `plain` accepts everything; `rough` refuses, resets, hangs, is
 * slow or loses its answer for some first attempts, and never accepts one in a hundred; `slow` accepts everything after
 * longer than a lease.
 */
export type Profile = 'plain' | 'rough' | 'slow';

/** After how long `slow` answers: a lease and a third. */
export const SLOW_MS = 40_000;

/** What is told to the recorder. `down`: every request is refused with 503. */
export type RecorderWord = { hold: Hold } | { down: boolean } | 'report';

export interface RecorderReport {
  accepted: number;
  refused: number;
  unanswered: number;
}
