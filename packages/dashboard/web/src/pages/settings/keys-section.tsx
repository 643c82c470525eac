import type { ApiKey, ApiKeyCreated } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { queries } from '../../api/queries';
import { ActionForm, DialogActions } from '../../parts/action-form';
import { Confirm } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { Data, Time } from '../../parts/labels';
import { Pager } from '../../parts/pager';
import { Secret } from '../../parts/secret';
import { Empty, FailureNote, Loaded } from '../../parts/states';
import { TableHead } from '../../parts/table-head';
import { useAction } from '../../parts/use-action';
import { useMay, useSession } from '../../shell/session-context';
import { visible } from '../../text/visible';

const PAGE = 50;
const allScopes = ['read', 'write', 'ingest', 'resign', 'admin', 'operator'] as const;
type Scope = (typeof allScopes)[number];
/** The default scopes of a new key. */
const usual: readonly Scope[] = ['read', 'write', 'ingest'];

const explained: Readonly<Record<Scope, string>> = {
  read: 'view endpoints, events and replays',
  write: 'manage endpoints, replay and cancel events',
  ingest: 'signed ingest and publishing',
  resign: 'replays that are re-signed or include credentials',
  admin: 'keys, secrets, audit log and notifications; includes resign',
  operator: 'metrics and settings of this server; with admin, also the keys of every user; live mode only',
};

export function KeysSection(): ReactNode {
  const isOperator = useMay('operator');
  const [making, setMaking] = useState(false);
  const [offset, setOffset] = useState(0);
  const query = useQuery({
    queryKey: ['keys', offset],
    queryFn: ({ signal }) => call('keys.list', { query: { limit: PAGE, offset }, signal }),
  });
  return (
    <>
      <div className="actions">
        <button type="button" className="primary" onClick={() => setMaking(true)}>
          New key
        </button>
      </div>
      <Loaded query={query} what="the keys">
        {({ data, meta }) =>
          data.length === 0 ? (
            <Empty title="No API keys yet" />
          ) : (
            <>
              <table className="plain">
                <TableHead
                  columns={[
                    ...['Name', 'Key', ...(isOperator ? ['User'] : []), 'Mode', 'Scopes'],
                    ...['Last used', 'Expires', '(Revoke)'],
                  ]}
                />
                <tbody>
                  {data.map((key) => (
                    <KeyRow key={key.id} apiKey={key} />
                  ))}
                </tbody>
              </table>
              <Pager offset={offset} size={PAGE} hasMore={meta.has_more} onOffset={setOffset} />
            </>
          )
        }
      </Loaded>
      {making && <NewKey onClose={() => setMaking(false)} />}
    </>
  );
}

function KeyRow({ apiKey }: { apiKey: ApiKey }): ReactNode {
  const { id, name, prefix, mode, scopes, last_used_at: lastUsedAt, expires_at: expiresAt, user_id: userId } = apiKey;
  const [asking, setAsking] = useState(false);
  const session = useSession();
  return (
    <tr>
      <th scope="row">
        <Data text={name} />
      </th>
      <td>
        <code className="data">{prefix}…</code>
      </td>
      {session.scopes.includes('operator') && (
        <td>
          <Data text={userId ?? session.user_id} />
        </td>
      )}
      <td>{mode}</td>
      <td>{scopes.join(', ')}</td>
      <td>{lastUsedAt === null ? <span className="dim">never</span> : <Time at={lastUsedAt} />}</td>
      <td>{expiresAt === null ? <span className="dim">never</span> : <Time at={expiresAt} />}</td>
      <td>
        <button type="button" className="danger" onClick={() => setAsking(true)}>
          Revoke…
        </button>
        {asking && (
          <Confirm
            title={`Revoke ${visible(name)}`}
            word={prefix}
            label="Revoke"
            onClose={() => setAsking(false)}
            onConfirm={async () => {
              await call('keys.delete', { params: { id } });
              await queries.invalidateQueries({ queryKey: ['keys'] });
            }}
          >
            <p>
              Requests with this key are rejected within seconds, and sessions opened with it end. You cannot undo this.
            </p>
          </Confirm>
        )}
      </td>
    </tr>
  );
}

function NewKey({ onClose }: { onClose: () => void }): ReactNode {
  const session = useSession();
  const isOperator = useMay('operator');
  // Only an operator can grant operator, so the form does not show it to anyone else.
  const grantable = allScopes.filter((scope) => scope !== 'operator' || isOperator);
  const [name, setName] = useState('');
  const [mode, setMode] = useState(session.mode);
  const [scopes, setScopes] = useState(() => usual.filter((scope) => session.scopes.includes(scope)));
  const [expires, setExpires] = useState('');
  const [user, setUser] = useState('');
  const [created, setCreated] = useState<ApiKeyCreated | null>(null);
  const action = useAction(async () => {
    const body = {
      name,
      mode,
      scopes: [...scopes],
      ...(expires === '' ? {} : { expires_at: new Date(expires).toISOString() }),
      ...(user.trim() === '' ? {} : { user_id: user.trim() }),
    };
    setCreated(await call('keys.create', { body }));
    await queries.invalidateQueries({ queryKey: ['keys'] });
  });
  const { failure } = action;
  if (created)
    return (
      <Dialog title="Key created" onClose={onClose}>
        <div className="stack">
          <p>Copy this key now. It is not shown again.</p>
          <Secret secret={created.key} what="the key" />
          <div className="actions">
            <button type="button" className="primary" onClick={onClose}>
              Done
            </button>
          </div>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="New key" onClose={onClose}>
      <ActionForm action={action}>
        <Field label="Name" name="name" failure={failure} hint="Who or what uses the key.">
          <input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Mode" name="mode" failure={failure} hint="A test key can access only test data.">
          <select value={mode} onChange={(event) => setMode(event.target.value as typeof mode)}>
            {session.mode === 'live' && <option>live</option>}
            <option>test</option>
          </select>
        </Field>
        <fieldset className="stack">
          <legend>Scopes</legend>
          {grantable.map((scope) => (
            <label key={scope} className="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                disabled={!session.scopes.includes(scope)}
                onChange={(event) =>
                  setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
                }
              />{' '}
              {scope} <span className="dim">{explained[scope]}</span>
            </label>
          ))}
        </fieldset>
        <Field
          label="Expires"
          name="expires_at"
          failure={failure}
          hint="Leave empty for no expiry. A key never outlives the key that you signed in with."
        >
          <input type="datetime-local" value={expires} onChange={(event) => setExpires(event.target.value)} />
        </Field>
        {isOperator && (
          <Field label="User ID" name="user_id" failure={failure} hint={`Leave empty for ${visible(session.user_id)}.`}>
            <input maxLength={128} value={user} onChange={(event) => setUser(event.target.value)} />
          </Field>
        )}
        <FailureNote failure={failure} />
        <DialogActions onClose={onClose} label="Create key" pending={action.pending} disabled={scopes.length === 0} />
      </ActionForm>
    </Dialog>
  );
}
