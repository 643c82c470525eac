import type { AxiosInstance } from 'axios';
import type { Paggio } from '@paggio/core';
import { until } from '@paggio/core/testing';

export interface Denial {
  key_id: string | null;
  after: { operation: string; scope: string };
}

/**
 * Waits until the refusals in the audit log are complete, because a request is refused before its entry is written.
 * Newest first.
 */
export function denials(
  paggio: Paggio,
  api: AxiosInstance,
  areComplete: (entries: readonly Denial[]) => boolean,
): Promise<Denial[]> {
  return until(paggio, async () => {
    const { data } = await api.get<{ data: Denial[] }>('/api/v1/audit?action=access.denied');
    return areComplete(data.data) ? data.data : undefined;
  });
}
