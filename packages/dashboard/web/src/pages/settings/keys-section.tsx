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
/** What a new key has when nothing else is chosen. */
const usual: readonly Scope[] = ['read', 'write', 'ingest'];

const explained: Readonly<Record<Scope, string>> = {
  read: 'looks at everything',
  write: 'endpoints, replays, cancelling',
  ingest: 'signed ingest and publishing',
  resign: 'replays that are signed anew or carry credentials',
  admin: 'keys, secrets, audit log, notifications; includes resign',
  operator: 'metrics, this server, and with admin the keys of every user; live mode only',
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
            <Empty title="There are no keys" />
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
          Revoke …
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
              Whoever uses it is refused within seconds, and sessions that were opened with it end. It cannot be taken
              back.
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
  // Nobody grants operator but those who have it: others need not know of it.
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
      <Dialog title="Key made" onClose={onClose}>
        <div className="stack">
          <p>Keep it now: it is not shown again.</p>
          <Secret secret={created.key} what="the key" />
          <div className="actions">
            <button type="button" className="primary" onClick={onClose}>
              I have it
            </button>
          </div>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="New key" onClose={onClose}>
      <ActionForm action={action}>
        <Field label="Name" name="name" failure={failure} hint="Who or what uses it.">
          <input required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Mode" name="mode" failure={failure} hint="A test key sees and makes test objects only.">
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
          hint="Empty: never, or when the key that you signed in with does."
        >
          <input type="datetime-local" value={expires} onChange={(event) => setExpires(event.target.value)} />
        </Field>
        {isOperator && (
          <Field label="For the user" name="user_id" failure={failure} hint={`Empty: ${visible(session.user_id)}.`}>
            <input maxLength={128} value={user} onChange={(event) => setUser(event.target.value)} />
          </Field>
        )}
        <FailureNote failure={failure} />
        <DialogActions onClose={onClose} label="Make it" pending={action.pending} disabled={scopes.length === 0} />
      </ActionForm>
    </Dialog>
  );
}
