import type { Session } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { queries } from '../../api/queries';
import { Confirm } from '../../parts/confirm';
import { Data, Time } from '../../parts/labels';
import { Pager } from '../../parts/pager';
import { Empty, FailureNote, Loaded } from '../../parts/states';
import { TableHead } from '../../parts/table-head';
import { useAction } from '../../parts/use-action';

const PAGE = 50;

/** The open sessions of this dashboard, with buttons to end them. */
export function SessionsSection(): ReactNode {
  const [asking, setAsking] = useState(false);
  const [offset, setOffset] = useState(0);
  const query = useQuery({
    queryKey: ['sessions', offset],
    queryFn: ({ signal }) => call('sessions.list', { query: { limit: PAGE, offset }, signal }),
  });
  // A user of the host app has no session here, so all sessions in the list are other ones.
  const others =
    (query.data?.meta.total ?? 0) - (query.data?.data.some(({ current }) => current) || offset > 0 ? 1 : 0);
  return (
    <>
      <div className="actions">
        <button type="button" className="danger" onClick={() => setAsking(true)}>
          End all other sessions…
        </button>
      </div>
      <Loaded query={query} what="the sessions">
        {({ data, meta }) =>
          data.length === 0 ? (
            <Empty title="No sessions from a link or an API key" />
          ) : (
            <>
              <table className="plain">
                <TableHead columns={['From', 'Key', 'Opened', 'Last used', 'Expires', '(End)']} />
                <tbody>
                  {data.map((session) => (
                    <SessionRow key={session.id} session={session} />
                  ))}
                </tbody>
              </table>
              <Pager offset={offset} size={PAGE} hasMore={meta.has_more} onOffset={setOffset} />
            </>
          )
        }
      </Loaded>
      {asking && (
        <Confirm
          title="End all other sessions"
          word="end"
          label="End sessions"
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await call('sessions.delete_others');
            setOffset(0);
            await queries.invalidateQueries({ queryKey: ['sessions'] });
          }}
        >
          <p>
            {others > 0
              ? `${others} other ${others === 1 ? 'session ends' : 'sessions end'} immediately.`
              : 'There are no other sessions.'}{' '}
            Unused sign-in links stop working. This browser stays signed in.
          </p>
        </Confirm>
      )}
    </>
  );
}

function SessionRow({ session }: { session: Session }): ReactNode {
  const { id, current, mode, scopes, key_prefix: prefix, remote_addr: address, user_agent: browser } = session;
  const action = useAction(async () => {
    await call('sessions.delete', { params: { id } });
    await queries.invalidateQueries({ queryKey: ['sessions'] });
  });
  return (
    <tr>
      <th scope="row">
        {current && <strong>this browser </strong>}
        {address === null ? <span className="dim">unknown address</span> : <Data text={address} />}{' '}
        {browser === null ? <span className="dim">unknown browser</span> : <Data text={browser} />}
      </th>
      <td>
        {prefix === null ? <span className="dim">none</span> : <code className="data">{prefix}…</code>} {mode}:{' '}
        {scopes.join(', ')}
      </td>
      <td>
        <Time at={session.created_at} />
      </td>
      <td>
        <Time at={session.last_used_at} />
      </td>
      <td>
        <Time at={session.expires_at} />
      </td>
      <td>
        {!current && (
          <button type="button" className="danger" disabled={action.pending} onClick={() => void action.run()}>
            {action.pending ? 'Ending…' : 'End'}
          </button>
        )}
        <FailureNote failure={action.failure} />
      </td>
    </tr>
  );
}
