import type { AuditRecord } from '@paggio/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { call } from '../../api/call';
import { Data, Sentence, shortId, Time } from '../../parts/labels';
import { Empty, Loading, Problem } from '../../parts/states';
import { TableHead } from '../../parts/table-head';

const PAGE = 50;

/** The record of changes to keys, secrets, endpoints, destinations and replays. */
export function AuditSection(): ReactNode {
  const [action, setAction] = useState('');
  const query = useInfiniteQuery({
    queryKey: ['audit', action],
    queryFn: ({ pageParam, signal }) =>
      call('audit.list', {
        query: {
          limit: PAGE,
          starting_after: pageParam,
          ...(action === '' ? {} : { action: action as AuditRecord['action'] }),
        },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ data, meta }) => (meta.has_more ? data.at(-1)?.id : undefined),
  });
  const records = query.data?.pages.flatMap(({ data }) => data) ?? [];
  const kinds = [...new Set(records.map((record) => record.action))].sort();
  if (query.isPending) return <Loading what="the audit log" />;
  if (query.error && records.length === 0) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <div className="toolbar">
        <label>
          Action{' '}
          <select value={action} onChange={(event) => setAction(event.target.value)}>
            <option value="">all</option>
            {(kinds.length === 0 && action !== '' ? [action] : kinds).map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
      </div>
      {records.length === 0 && <Empty title="No audit entries yet" />}
      {records.length > 0 && (
        <table className="plain">
          <TableHead columns={['Time', 'Action', 'Object', 'API key', 'From', 'Change']} />
          <tbody>
            {records.map((record) => (
              <tr key={record.id}>
                <td>
                  <Time at={record.created_at} />
                </td>
                <td>{record.action}</td>
                <td title={record.object_id ?? undefined}>
                  {record.object_id === null ? '–' : shortId(record.object_id)}
                </td>
                <td title={record.key_id ?? undefined}>
                  {record.key_id === null ? <span className="dim">none</span> : shortId(record.key_id)}
                </td>
                <td>
                  <Data text={record.remote_addr ?? '–'} />
                </td>
                <td>
                  <Change record={record} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {query.hasNextPage && (
        <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older
        </button>
      )}
    </>
  );
}

function Change({ record: { before, after } }: { record: AuditRecord }): ReactNode {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = names.filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]));
  if (changed.length === 0) return <span className="dim">–</span>;
  return (
    <details>
      <summary>{changed.join(', ')}</summary>
      <ul className="changes">
        {changed.map((name) => (
          <li key={name}>
            {name}: {before && <Sentence text={shown(before[name])} className="removed" />}{' '}
            <Sentence text={shown(after?.[name])} className="added" />
          </li>
        ))}
      </ul>
    </details>
  );
}

function shown(value: unknown): string {
  return value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
}
