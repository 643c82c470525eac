import type { Endpoint } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'wouter';
import { callTagged } from '../../api/call';
import { Failure } from '../../api/failure';
import type { Tagged } from '../../api/tag';
import { Copy } from '../../parts/copy';
import { HealthLabel, LocalTimes, Url } from '../../parts/labels';
import { PageHead } from '../../parts/page-head';
import { Empty, Loaded } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { useKeys } from '../../shell/keys';
import { useMay } from '../../shell/session-context';
import { DeleteButton, PauseButton } from '../webhooks/endpoint-actions';
import { DestinationsTab } from './destinations-tab';
import { EndpointEvents } from './endpoint-events';
import { RejectionsTab } from './rejections-tab';
import { SecretTab } from './secret-tab';
import { SettingsTab } from './settings-tab';
import { TestEventDialog } from './test-event-dialog';
import { VerificationTab } from './verification-tab';

const tabNames = ['events', 'destinations', 'verification', 'rejections', 'secret', 'settings'] as const;
type TabName = (typeof tabNames)[number];
const labels: Readonly<Record<TabName, string>> = {
  events: 'Events',
  destinations: 'Destinations',
  verification: 'Verification',
  rejections: 'Rejected',
  secret: 'Secret',
  settings: 'Settings',
};

export function EndpointPage({ id }: { id: string }): ReactNode {
  const query = useQuery({
    queryKey: ['endpoint', id],
    queryFn: ({ signal }) => callTagged('endpoints.get', { params: { id }, signal }),
    refetchInterval: 15_000,
  });
  if (query.error instanceof Failure && query.error.status === 404) {
    return (
      <>
        <PageHead title="Endpoint not found" />
        <Empty title="It was deleted, or it is in the other mode.">
          <p>
            Its events are kept. Go to <Link href={`/events?endpoint_id=${encodeURIComponent(id)}`}>its events</Link> or
            to <Link href="/webhooks">all endpoints</Link>.
          </p>
        </Empty>
      </>
    );
  }
  return (
    <Loaded query={query} what="the endpoint">
      {(tagged) => <EndpointDetail tagged={tagged} />}
    </Loaded>
  );
}

function EndpointDetail({ tagged }: { tagged: Tagged<Endpoint> }): ReactNode {
  const endpoint = tagged.value;
  const [search, setSearch] = useSearchParams();
  const [testing, setTesting] = useState(false);
  const tab = tabNames.find((name) => name === search.get('tab')) ?? 'events';
  const mayWrite = useMay('write');
  const isAdmin = useMay('admin');
  const tabs = tabNames.filter((name) => name !== 'secret' || isAdmin);
  const select = (name: TabName): void => setSearch(name === 'events' ? {} : { tab: name }, { replace: true });
  useKeys(Object.fromEntries(tabs.map((name, index) => [String(index + 1), () => select(name)])));
  return (
    <>
      <PageHead title={endpoint.name}>
        <HealthLabel health={endpoint.health} />
        {endpoint.status === 'PAUSED' && (
          <span className="pill paused">
            paused: <LocalTimes text={endpoint.pause_reason ?? 'manual'} />
          </span>
        )}
        {mayWrite && (
          <>
            <button type="button" onClick={() => setTesting(true)}>
              Send test event
            </button>
            <PauseButton endpoint={endpoint} />
            <DeleteButton endpoint={endpoint} />
          </>
        )}
      </PageHead>
      <p className="big">
        <Url url={endpoint.webhook_url} /> <Copy text={endpoint.webhook_url} what="the webhook URL" />
      </p>
      {endpoint.description !== null && <p className="dim">{endpoint.description}</p>}
      <Tabs<TabName>
        label="Endpoint"
        selected={tab}
        onSelect={select}
        tabs={tabs.map((name) => ({ name, label: labels[name] }))}
      >
        {tab === 'events' && <EndpointEvents endpoint={endpoint} />}
        {tab === 'destinations' && <DestinationsTab endpoint={endpoint} />}
        {tab === 'verification' && <VerificationTab opened={tagged} />}
        {tab === 'rejections' && <RejectionsTab endpointId={endpoint.id} verified={endpoint.verification !== null} />}
        {tab === 'secret' && isAdmin && <SecretTab endpoint={endpoint} />}
        {tab === 'settings' && <SettingsTab opened={tagged} />}
      </Tabs>
      {testing && <TestEventDialog endpoint={endpoint} onClose={() => setTesting(false)} />}
    </>
  );
}
