import type { Latency } from '../histogram';
import type { MessageKind } from '../message';

/** How messages leave: at a rate, however long answers take (an open loop), or one by one with a pause after each. */
export type Pace = { ratePerSecond: number } | { pauseMs: number };

export interface SendOrder {
  message: MessageKind;
  /** Number of the first message. */
  from: number;
  /** How many messages to send; `null` means until `stop`. */
  count: number | null;
  pace: Pace;
  /** URLs of the gateways, used in turn. A message that failed goes to the next gateway. */
  bases: readonly string[];
  /** Paths of webhook URLs. Message `n` goes to the path at `n` modulo their number. */
  paths: readonly string[];
  /** Pause after a try that got no 2xx. */
  retryMs: number;
  /** No further try after this; 0 means one try only. */
  giveUpMs: number;
}

/** One try for each message: a refused message is not sent again. */
export const ONCE = { giveUpMs: 0, retryMs: 0 } satisfies Partial<SendOrder>;

export interface SendReport {
  /** Number of the message after the last one. */
  next: number;
  sent: number;
  acknowledged: number;
  /** Messages that never got a 2xx. */
  gaveUp: number;
  /** How tries ended: a status, or the code of an error. */
  tries: Record<string, number>;
  /** `Retry-After` of answers with 503 or 429: the smallest and the largest, in seconds, and how many lack it. */
  retryAfter: { min: number; max: number; missing: number };
  /** Latency of tries that got a 2xx, from the time when they were due to leave. */
  latency: Latency;
  /** Latency of tries that got another answer. */
  refusal: Latency;
  /** The longest time that any try took, however it ended. */
  longestMs: number;
  /** The same figures for each path. */
  byPath: Record<string, { latency: Latency; refused: number }>;
}

export type SenderWord = { start: SendOrder } | 'stop' | 'report';
