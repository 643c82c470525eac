import type { Latency } from '../histogram';
import type { MessageKind } from '../message';

/** How messages leave: at a rate, however long answers take (an open loop), or one by one with a pause behind each. */
export type Pace = { ratePerSecond: number } | { pauseMs: number };

export interface SendOrder {
  message: MessageKind;
  /** Of the first message. */
  from: number;
  /** Messages to send; null: until told to stop. */
  count: number | null;
  pace: Pace;
  /** Where events are taken in, in turn; a message that failed goes to the next one. */
  bases: readonly string[];
  /** Paths of webhook URLs: message `n` goes to number `n` modulo how many there are. */
  paths: readonly string[];
  /** After a try that got no 2xx. */
  retryMs: number;
  /** No further try after this; 0: one try only. */
  giveUpMs: number;
}

/** One try for each message: a refusal is left at that. */
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
  /** Answers of 503 or 429 that say when to come back, in seconds: the smallest and the largest; and how many do not say. */
  retryAfter: { min: number; max: number; missing: number };
  /** Of tries that got a 2xx, from the time that they were to leave. */
  latency: Latency;
  /** Of tries that got another answer. */
  refusal: Latency;
  /** The longest that any try waited for whatever end. */
  longestMs: number;
  /** By the path that messages were sent to. */
  byPath: Record<string, { latency: Latency; refused: number }>;
}

export type SenderWord = { start: SendOrder } | 'stop' | 'report';
