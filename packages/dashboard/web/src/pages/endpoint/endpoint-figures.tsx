import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/call';
import { DeliveryChart } from '../overview/delivery-chart';

export function EndpointFigures({ endpointId }: { endpointId: string }): ReactNode {
  const { data } = useQuery({
    queryKey: ['stats', 'endpoint', endpointId],
    queryFn: ({ signal }) => call('stats.get', { query: { endpoint_id: endpointId }, signal }),
    refetchInterval: 15_000,
  });
  return data && <DeliveryChart series={data.series} label="Events in the last 24 hours" />;
}
