import type { ReplayResult } from '@paggio/client';
import { toMilliseconds } from '../../text/units';
import { visible, visibleUrl } from '../../text/visible';

/** Describes the result of a replay in a few words. */
export function describeResult({ attempts, ...first }: ReplayResult): string {
  return (attempts ?? [first]).map(describeAttempt).join('; ').slice(0, 1_000);
}

/** Whether every destination accepted the replay. */
export function isDelivered({ attempts, status }: ReplayResult): boolean {
  return attempts?.every((one) => one.status === 'delivered') ?? status === 'delivered';
}

function describeAttempt(result: Omit<ReplayResult, 'attempts'>): string {
  const response = result.response_status ?? visible(result.error ?? 'no response');
  return `${response} in ${toMilliseconds(result.latency_ms)} from ${visibleUrl(result.destination_url).slice(0, 200)}`;
}
