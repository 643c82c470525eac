import type { HeaderList } from './header-list';

/** A request as it arrived, before anything decoded it. */
export interface WebhookRequest {
  method: string;
  /** The request target as received: path and query, undecoded. */
  target: string;
  headers: HeaderList;
  /** The exact bytes of the body, still in its content encoding. */
  body: Buffer;
  /**
   * The most bytes that the host takes in. A compressed body is unpacked to at most as many, and to 4 MiB where that is more.
   */
  bodyLimit?: number;
  /** Moment of arrival, Unix milliseconds. Tolerances are measured against it. */
  receivedAt: number;
  /** The address it came from, where it is known. Look-ups of published keys are shared out among senders by it. */
  sender?: string | null;
}

export function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
}
