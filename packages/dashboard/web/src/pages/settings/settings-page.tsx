import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { PageHead } from '../../parts/page-head';
import { Empty } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { useKeys } from '../../shell/keys';
import { useMay, useSession } from '../../shell/session-context';
import { AuditSection } from './audit-section';
import { KeysSection } from './keys-section';
import { NotificationsSection } from './notifications-section';
import { SecuritySection } from './security-section';
import { SystemSection } from './system-section';

const tabs = [
  { name: 'keys', label: 'API keys' },
  { name: 'security', label: 'Security' },
  { name: 'notifications', label: 'Notifications' },
  { name: 'audit', label: 'Audit log' },
  { name: 'system', label: 'Retention and system' },
] as const;
type TabName = (typeof tabs)[number]['name'];

export function SettingsPage(): ReactNode {
  const session = useSession();
  const isAdmin = useMay('admin');
  const [search, setSearch] = useSearchParams();
  const tab = tabs.find(({ name }) => name === search.get('tab'))?.name ?? 'keys';
  const select = (name: TabName): void => setSearch(name === 'keys' ? {} : { tab: name }, { replace: true });
  useKeys(isAdmin ? Object.fromEntries(tabs.map(({ name }, index) => [String(index + 1), () => select(name)])) : {});
  return (
    <>
      <PageHead title="Settings" />
      {isAdmin ? (
        <Tabs<TabName> label="Settings" tabs={tabs} selected={tab} onSelect={select}>
          {tab === 'keys' && <KeysSection />}
          {tab === 'security' && <SecuritySection />}
          {tab === 'notifications' && <NotificationsSection />}
          {tab === 'audit' && <AuditSection />}
          {tab === 'system' && <SystemSection />}
        </Tabs>
      ) : (
        <Empty title="Settings are for holders of the scope admin">
          <p>
            You are signed in as <code className="data">{session.user_id}</code> with {session.scopes.join(', ')}.
          </p>
        </Empty>
      )}
    </>
  );
}
