import type { System } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/call';
import { Data } from '../../parts/labels';
import { Loaded } from '../../parts/states';
import { toBytes, toCount, toDuration } from '../../text/units';

/** The server's configuration, which is set where the server is started, and the status of its queue. */
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
              ? 'Events are kept forever. To delete old ones, set PAGGIO_RETENTION or the option retention.'
              : `Finished events are deleted ${toDuration(system.retention_seconds)} after they were received.`}
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
    ['Public URL', system.public_url],
    ['Webhook URLs begin with', system.ingest_url ?? system.public_url],
    ['Roles of this process', system.roles.join(', ')],
    ['Database', system.migration === null ? 'not responding' : `migration ${system.migration}`],
    ['Pending deliveries', queue === null ? '–' : toCount(queue.pending)],
    ['Most overdue delivery', queue === null ? '–' : queue.lag_seconds === 0 ? 'none' : toDuration(queue.lag_seconds)],
    ['Maximum request body', toBytes(system.body_limit)],
    ['Deduplication window', toDuration(system.dedup_window_seconds)],
    ['Rate limit per key', limit === null ? 'none' : `${limit.per_second} per second, bursts of ${limit.burst}`],
    ['Staging host', system.staging_host ?? 'not set (PAGGIO_STAGING_HOST)'],
    ['Local URL', system.local_url],
  ];
}
