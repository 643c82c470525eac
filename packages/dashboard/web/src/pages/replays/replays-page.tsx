import type { BulkReplay } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'wouter';
import { call } from '../../api/call';
import { queries } from '../../api/queries';
import { Confirm } from '../../parts/confirm';
import { Time } from '../../parts/labels';
import { PageHead } from '../../parts/page-head';
import { Pager } from '../../parts/pager';
import { Empty, Loaded } from '../../parts/states';
import { useMay } from '../../shell/session-context';
import { toCount } from '../../text/units';
import { FilterFacts } from '../events/bulk-replay-dialog';

const RUNNING_MS = 1_000;
const PAGE = 50;

/** Bulk replays and their progress. */
export function ReplaysPage(): ReactNode {
  const [offset, setOffset] = useState(0);
  const query = useQuery({
    queryKey: ['replays', offset],
    queryFn: ({ signal }) => call('replays.list', { query: { limit: PAGE, offset }, signal }),
    refetchInterval: ({ state }) => (state.data?.data.some(isRunning) ? RUNNING_MS : 15_000),
  });
  return (
    <>
      <PageHead title="Bulk replays" />
      <Loaded query={query} what="the replays">
        {({ data, meta }) =>
          meta.total === 0 ? (
            <Empty title="No bulk replays yet">
              <p>
                Filter the <Link href="/events">events</Link>, then choose “Replay these”.
              </p>
            </Empty>
          ) : (
            <>
              <ul className="cards">
                {data.map((replay) => (
                  <ReplayCard key={replay.id} replay={replay} />
                ))}
              </ul>
              <Pager offset={offset} size={PAGE} hasMore={meta.has_more} onOffset={setOffset} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

/** A replay runs until every event in it is delivered or failed, even after all of them are queued. */
function isRunning({ status, created, done, failed }: BulkReplay): boolean {
  return status === 'running' || (status === 'completed' && done + failed < created);
}

function ReplayCard({ replay }: { replay: BulkReplay }): ReactNode {
  const [asking, setAsking] = useState(false);
  const { id, status, matched, created, skipped, done, failed } = replay;
  const mayCancel = useMay('write') && isRunning(replay);
  const left = created - done - failed;
  return (
    <li className="card">
      <header>
        <h2>
          {toCount(matched)} {matched === 1 ? 'event' : 'events'}, <Time at={replay.created_at} />
        </h2>
        <span className={`pill ${isRunning(replay) ? 'pending' : status}`}>
          {isRunning(replay) ? 'running' : status}
        </span>
      </header>
      <progress max={Math.max(1, matched)} value={done + failed + skipped} aria-label="Progress" />
      <p>
        <span className="good">{toCount(done)} delivered</span>,{' '}
        <span className={failed > 0 ? 'bad' : undefined}>{toCount(failed)} failed</span>, {toCount(skipped)} skipped,{' '}
        {toCount(left)} pending
      </p>
      <FilterFacts filter={replay.filter} />
      {replay.rate_per_second !== null && <p className="dim">At most {replay.rate_per_second} per second</p>}
      {mayCancel && id !== null && (
        <button type="button" className="danger" onClick={() => setAsking(true)}>
          Cancel…
        </button>
      )}
      {asking && id !== null && (
        <Confirm
          title="Cancel this replay"
          word="cancel"
          label="Cancel replay"
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await call('replays.cancel', { params: { id } });
            await queries.invalidateQueries({ queryKey: ['replays'] });
          }}
        >
          <p>No more events are queued, and pending deliveries of this replay are cancelled.</p>
        </Confirm>
      )}
    </li>
  );
}
