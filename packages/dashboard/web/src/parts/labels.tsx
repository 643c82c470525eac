import type { Endpoint, EventItem } from '@paggio/client';
import type { ReactNode } from 'react';
import { toPieces } from '../text/times-in-text';
import { toClock, toMinute } from '../text/units';
import { visible, visibleUrl } from '../text/visible';

/** Untrusted text. Nothing in it can change how the text around it is displayed. */
export function Data({ text, className }: { text: string; className?: string }): ReactNode {
  const shown = visible(text);
  return (
    <bdi
      className={className ? `data ${className}` : 'data'}
      title={shown.length > 40 ? shown.slice(0, 2_000) : undefined}
    >
      {shown}
    </bdi>
  );
}

/**
 * A sentence from the server that may quote untrusted text. Times in it are shown in the reader's time zone; everything
 * else is shown the way `Data` shows it.
 */
export function Sentence({ text, className }: { text: string; className?: string }): ReactNode {
  return (
    <bdi className={className ? `data ${className}` : 'data'}>
      <LocalTimes text={visible(text)} />
    </bdi>
  );
}

/** A text from the server, with its times converted to the reader's time zone. */
export function LocalTimes({ text }: { text: string }): ReactNode {
  return toPieces(text).map((piece, index) =>
    typeof piece === 'string' ? piece : <Time key={index} at={piece.iso} />,
  );
}

/** A URL as text. It is not a link, because a stranger may have chosen it. */
export function Url({ url }: { url: string }): ReactNode {
  return <Data text={visibleUrl(url)} className="url" />;
}

const reasons: Readonly<Record<string, string>> = {
  no_destination: 'no destination',
  filtered: 'filtered',
  paused: 'paused',
  exhausted: 'out of attempts',
  cancelled: 'cancelled',
  refused: 'refused',
  endpoint_deleted: 'endpoint deleted',
};

export function StatusPill({
  event,
}: {
  event: Pick<EventItem, 'status' | 'status_reason' | 'replayed_status'>;
}): ReactNode {
  const reason = event.status_reason === null ? null : (reasons[event.status_reason] ?? event.status_reason);
  return (
    <span className={`pill ${event.status}`} title={reason ?? undefined}>
      {event.status}
      {event.replayed_status === undefined ? (
        reason !== null && <span className="pill-reason"> · {reason}</span>
      ) : (
        <span className="good">, replayed {event.replayed_status}</span>
      )}
    </span>
  );
}

export function HealthLabel({ health }: { health: Endpoint['health'] }): ReactNode {
  const { label, delivered, failed, failing_since: since, success_rate: rate } = health;
  if (since !== undefined) {
    return (
      <span className="pill failing" title={`A destination has accepted nothing since ${since}`}>
        failing since <Time at={since} to={toMinute} />
      </span>
    );
  }
  const title =
    label === 'waiting'
      ? 'No delivery has finished yet'
      : `Recent deliveries: ${delivered} delivered, ${failed} failed`;
  return (
    <span className={`pill ${label}`} title={title}>
      {label}
      {rate === null ? '' : ` ${Math.round(rate * 100)}%`}
    </span>
  );
}

export function ResponseCode({ status }: { status: number | null }): ReactNode {
  if (status === null) return <span className="dim">–</span>;
  return <span className={status >= 200 && status < 300 ? 'good' : 'bad'}>{status}</span>;
}

/** A time in the reader's time zone. Its title is the exact time from the server. */
export function Time({ at, to = toClock }: { at: string; to?: (iso: string) => string }): ReactNode {
  return (
    <time dateTime={at} title={at}>
      {to(at)}
    </time>
  );
}

/** The end of an id, which distinguishes events. The beginning only encodes the time. */
export function shortId(id: string): string {
  return id.slice(-8);
}
