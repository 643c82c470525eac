import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/call';
import { Loaded } from '../../parts/states';
import { VerificationFacts } from '../../parts/verification-facts';

export function VerificationTab({ eventId: id }: { eventId: string }): ReactNode {
  const query = useQuery({
    queryKey: ['event-verification', id],
    queryFn: ({ signal }) => call('events.verification', { params: { id }, signal }),
  });
  return (
    <Loaded query={query} what="the verification">
      {(data) => <VerificationFacts verification={data} />}
    </Loaded>
  );
}
