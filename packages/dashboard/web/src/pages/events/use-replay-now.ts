import { call } from '../../api/call';
import { toast } from '../../parts/toast';
import { toShown, useAction, type Action } from '../../parts/use-action';
import { describeResult, isDelivered } from '../event/replay-result';

/** Replays an event from a list, to the destinations that have not accepted it. */
export function useReplayNow(id: string): Action<[]> {
  return useAction(async () => {
    try {
      const result = await call('events.replay', { params: { id }, body: { environment: 'original' } });
      if ('latency_ms' in result) toast(describeResult(result), isDelivered(result) ? 'good' : 'bad');
    } catch (error) {
      const { message, hint } = toShown(error);
      toast(`${message}. ${hint}`, 'bad');
    }
  });
}
