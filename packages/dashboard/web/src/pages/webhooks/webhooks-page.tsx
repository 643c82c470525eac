import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { useEndpoints } from '../../api/queries';
import { PageHead } from '../../parts/page-head';
import { Empty, Loaded } from '../../parts/states';
import { useMay } from '../../shell/session-context';
import { EndpointCard } from './endpoint-card';
import { NewEndpoint } from './new-endpoint';

export function WebhooksPage(): ReactNode {
  const endpoints = useEndpoints();
  const mayWrite = useMay('write');
  const [search, setSearch] = useSearchParams();
  const open = (): void => setSearch({ new: '1' });
  return (
    <>
      <PageHead title="Webhooks">
        {mayWrite && (
          <button type="button" className="primary" onClick={open}>
            New endpoint
          </button>
        )}
      </PageHead>
      <Loaded query={endpoints} what="the endpoints">
        {(data) =>
          data.length === 0 ? (
            <Empty title="No endpoints yet">
              <p>
                An endpoint is a URL that a provider sends to. Paggio stores every event that arrives there and delivers
                it to your destinations.
              </p>
              {mayWrite && (
                <button type="button" onClick={open}>
                  Create your first endpoint
                </button>
              )}
            </Empty>
          ) : (
            <ul className="cards">
              {data.map((endpoint) => (
                <EndpointCard key={endpoint.id} endpoint={endpoint} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {search.get('new') !== null && mayWrite && <NewEndpoint onClose={() => setSearch({}, { replace: true })} />}
    </>
  );
}
