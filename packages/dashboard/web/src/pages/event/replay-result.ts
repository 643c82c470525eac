import type { ReplayResult } from '@paggio/client';
import { toMilliseconds } from '../../text/units';
import { visible, visibleUrl } from '../../text/visible';

/** What became of a replay, in a few words. */
export function describeResult({ attempts, ...first }: ReplayResult): string {
  return (attempts ?? [first]).map(describeAttempt).join('; ').slice(0, 1_000);
}

/** Every destination accepted it. */
export function isDelivered({ attempts, status }: ReplayResult): boolean {
  return attempts?.every((one) => one.status === 'delivered') ?? status === 'delivered';
}

function describeAttempt(result: Omit<ReplayResult, 'attempts'>): string {
  const answer = result.response_status ?? visible(result.error ?? 'no answer');
  return `${answer} in ${toMilliseconds(result.latency_ms)} from ${visibleUrl(result.destination_url).slice(0, 200)}`;
}
