import type { System } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/call';
import { Data } from '../../parts/labels';
import { Loaded } from '../../parts/states';
import { toBytes, toCount, toDuration } from '../../text/units';

/** What whoever runs this server has decided, and how it does. It is set where the server is started. */
export function SystemSection(): ReactNode {
  const query = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => call('system.get', { signal }),
    refetchInterval: 10_000,
  });
  return (
    <Loaded query={query} what="the system">
      {(system) => (
        <>
          <h2>Retention</h2>
          <p>
            {system.retention_seconds === null
              ? 'Everything is kept. PAGGIO_RETENTION, or the option retention, removes events that are older.'
              : `Events that are over are removed ${toDuration(system.retention_seconds)} after they came.`}
          </p>
          <h2>System</h2>
          <dl className="facts">
            {factsOf(system).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <Data text={value} />
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Loaded>
  );
}

function factsOf(system: System): [string, string][] {
  const { queue, rate_limit: limit } = system;
  return [
    ['Version', system.version],
    ['Public address', system.public_url],
    ['Address of webhooks', system.ingest_url ?? system.public_url],
    ['This process', system.roles.join(', ')],
    ['Database', system.migration === null ? 'does not answer' : `migration ${system.migration}`],
    ['Deliveries waiting', queue === null ? '–' : toCount(queue.pending)],
    ['Most overdue', queue === null ? '–' : queue.lag_seconds === 0 ? 'none is late' : toDuration(queue.lag_seconds)],
    ['Largest request', toBytes(system.body_limit)],
    ['Duplicates are known for', toDuration(system.dedup_window_seconds)],
    ['Requests of a key', limit === null ? 'no limit' : `${limit.per_second} a second, ${limit.burst} at once`],
    ['Staging host', system.staging_host ?? 'none: PAGGIO_STAGING_HOST'],
    ['Local address', system.local_url],
  ];
}
