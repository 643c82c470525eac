import type { ReplayResult } from '@paggio/client';
import { toMilliseconds } from '../../text/units';
import { visible, visibleUrl } from '../../text/visible';

/** What became of a replay, in one line. */
export function describeResult(result: ReplayResult): string {
  const answer = result.response_status ?? visible(result.error ?? 'no answer');
  return `${answer} in ${toMilliseconds(result.latency_ms)} from ${visibleUrl(result.destination_url).slice(0, 200)}`;
}
