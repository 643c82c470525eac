import type { AxiosInstance } from 'axios';
import type { Paggio } from '@paggio/core';
import { until } from '@paggio/core/testing';

export interface Denial {
  key_id: string | null;
  after: { operation: string; scope: string };
}

/** The refusals in the audit log, newest first, once they are complete: each request is refused before that is written. */
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
