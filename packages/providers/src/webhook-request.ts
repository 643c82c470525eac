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
   * The most bytes that the host accepts. A compressed body inflates to at most this many, or to 4 MiB if that is more.
   */
  bodyLimit?: number;
  /** Moment of arrival, Unix milliseconds. Tolerances are measured against it. */
  receivedAt: number;
  /** The address of the sender, if known. Look-ups of published keys are divided among senders by it. */
  sender?: string | null;
}

export function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? '' : target.slice(mark + 1);
}
