import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useEndpoints } from '../api/queries';
import { Command } from './command';
import { Empty, Loaded } from './states';

/** Shown before the first event: explains what to do, with the real URL. */
export function FirstEvent({ url }: { url?: string }): ReactNode {
  const endpoints = useEndpoints();
  if (url !== undefined) return <Send url={url} />;
  return (
    <Loaded query={endpoints} what="the endpoints">
      {([first]) =>
        first ? (
          <Send url={first.webhook_url} />
        ) : (
          <Empty title="No endpoints yet">
            <p>
              <Link href="/webhooks?new=1">Create one</Link> to get a URL that a provider can send to.
            </p>
          </Empty>
        )
      }
    </Loaded>
  );
}

function Send({ url }: { url: string }): ReactNode {
  return (
    <Empty title="No events yet">
      <p>Send one:</p>
      <Command text={`curl -d '{"type":"hello.world"}' -H 'content-type: application/json' ${url}`} />
    </Empty>
  );
}
