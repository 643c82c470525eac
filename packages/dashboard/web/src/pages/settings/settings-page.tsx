import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { PageHead } from '../../parts/page-head';
import { Empty } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { useKeys } from '../../shell/keys';
import { useSession } from '../../shell/session-context';
import { AuditSection } from './audit-section';
import { KeysSection } from './keys-section';
import { NotificationsSection } from './notifications-section';
import { SecuritySection } from './security-section';
import { SessionsSection } from './sessions-section';
import { SystemSection } from './system-section';

const allTabs = [
  { name: 'keys', label: 'API keys', scope: 'admin' },
  { name: 'sessions', label: 'Sessions', scope: 'admin' },
  { name: 'security', label: 'Security', scope: 'admin' },
  { name: 'notifications', label: 'Notifications', scope: 'admin' },
  { name: 'audit', label: 'Audit log', scope: 'admin' },
  { name: 'system', label: 'Retention and system', scope: 'operator' },
] as const;
type TabName = (typeof allTabs)[number]['name'];

export function SettingsPage(): ReactNode {
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const tabs = allTabs.filter(({ scope }) => session.scopes.includes(scope));
  const tab = (tabs.find(({ name }) => name === search.get('tab')) ?? tabs[0])?.name;
  const select = (name: TabName): void => setSearch(name === tabs[0]?.name ? {} : { tab: name }, { replace: true });
  useKeys(Object.fromEntries(tabs.map(({ name }, index) => [String(index + 1), () => select(name)])));
  return (
    <>
      <PageHead title="Settings" />
      {tab !== undefined ? (
        <Tabs<TabName> label="Settings" tabs={tabs} selected={tab} onSelect={select}>
          {tab === 'keys' && <KeysSection />}
          {tab === 'sessions' && <SessionsSection />}
          {tab === 'security' && <SecuritySection />}
          {tab === 'notifications' && <NotificationsSection />}
          {tab === 'audit' && <AuditSection />}
          {tab === 'system' && <SystemSection />}
        </Tabs>
      ) : (
        <Empty title="Settings need the scope admin or operator">
          <p>
            You are signed in as <code className="data">{session.user_id}</code> with the scopes:{' '}
            {session.scopes.join(', ')}.
          </p>
        </Empty>
      )}
    </>
  );
}
