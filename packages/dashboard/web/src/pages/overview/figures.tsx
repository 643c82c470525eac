import type { Stats } from '@paggio/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../../api/call';
import { toCount, toDuration, toMilliseconds, toPercent } from '../../text/units';

const REFRESH_MS = 10_000;
/** The API counts and pages exactly up to this many events. */
const COUNTED = 10_000;

interface Pending {
  count: number;
  capped: boolean;
  oldestAt: string | null;
}

/** Reads the number of pending events, and when the oldest of them was received. */
async function readPending(signal: AbortSignal): Promise<Pending> {
  const { meta } = await call('events.list', { query: { status: 'pending', limit: 1 }, signal });
  const capped = meta.total_capped ?? false;
  if (meta.total === 0 || capped) return { count: meta.total, capped, oldestAt: null };
  const offset = Math.min(meta.total, COUNTED) - 1;
  const { data } = await call('events.list', { query: { status: 'pending', limit: 1, offset }, signal });
  return { count: meta.total, capped, oldestAt: data[0]?.received_at ?? null };
}

export function Figures({ stats, hours }: { stats: Stats; hours: number }): ReactNode {
  const pending = useQuery({
    queryKey: ['pending'],
    queryFn: ({ signal }) => readPending(signal),
    refetchInterval: REFRESH_MS,
  });
  const { data: queue, dataUpdatedAt: at } = pending;
  const age = queue?.oldestAt ? (at - Date.parse(queue.oldestAt)) / 1000 : null;
  return (
    <dl className="figures">
      <Figure name="Events" value={toCount(stats.total_events)} detail={rate(stats.total_events, hours)} />
      <Figure
        name="Delivered"
        value={toPercent(stats.success_rate)}
        detail={`${toCount(stats.failed)} failed`}
        bad={stats.failed > 0}
      />
      <Figure
        name="p95 delivery"
        value={toMilliseconds(stats.p95_delivery_ms)}
        detail={`mean ${toMilliseconds(stats.avg_delivery_ms)}`}
      />
      <Figure
        name="Pending"
        value={queue ? `${toCount(queue.count)}${queue.capped ? '+' : ''}` : '–'}
        detail="events with pending deliveries"
      />
      <Figure name="Oldest pending" value={age === null ? '–' : toDuration(age)} detail={oldestDetail(queue)} />
    </dl>
  );
}

function oldestDetail(pending: Pending | undefined): string {
  if (pending === undefined) return '';
  if (pending.oldestAt !== null) return 'since it was received';
  return pending.capped ? 'unknown: too many events are pending' : 'no pending events';
}

interface FigureProps {
  name: string;
  value: string;
  detail: string;
  bad?: boolean;
}

function Figure({ name, value, detail, bad = false }: FigureProps): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="value">{value}</dd>
      <dd className={bad ? 'detail bad' : 'detail'}>{detail}</dd>
    </div>
  );
}

function rate(events: number, hours: number): string {
  const perMinute = events / hours / 60;
  return perMinute >= 1 || events === 0
    ? `${perMinute.toFixed(1)} per minute`
    : `${(events / hours).toFixed(1)} per hour`;
}
