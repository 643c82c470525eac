import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useEndpoints } from '../../api/queries';
import { useKeys } from '../../shell/keys';
import { visible } from '../../text/visible';
import { statuses, type EventFilter } from './event-filter';

interface FilterBarProps {
  filter: EventFilter;
  onChange: (filter: EventFilter) => void;
  /** Whether the page shows a single endpoint, so that the filter needs no endpoint. */
  ofEndpoint?: boolean;
}

const TYPING_MS = 300;

const spans = [
  { label: 'any time', ms: 0 },
  { label: 'last 15 minutes', ms: 15 * 60_000 },
  { label: 'last hour', ms: 3_600_000 },
  { label: 'last 24 hours', ms: 24 * 3_600_000 },
  { label: 'last 7 days', ms: 7 * 24 * 3_600_000 },
] as const;

export function FilterBar({ filter, onChange, ofEndpoint = false }: FilterBarProps): ReactNode {
  const { data: endpoints = [] } = useEndpoints();
  const text = useRef<HTMLInputElement>(null);
  useKeys({ '/': () => text.current?.focus() });
  const set = (change: { [Name in keyof EventFilter]: string }): void =>
    onChange(Object.fromEntries(Object.entries({ ...filter, ...change }).filter(([, value]) => value)));
  return (
    <form className="filter-bar" role="search" aria-label="Filter events" onSubmit={(event) => event.preventDefault()}>
      <Typed
        ref={text}
        label="Text in payload, type or ID"
        placeholder="Text…   /"
        value={filter.q ?? ''}
        onChange={(q) => set({ q })}
        type="search"
      />
      <select aria-label="Status" value={filter.status ?? ''} onChange={(event) => set({ status: event.target.value })}>
        <option value="">any status</option>
        {statuses.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </select>
      {!ofEndpoint && (
        <select
          aria-label="Endpoint"
          value={filter.endpoint_id ?? ''}
          onChange={(event) => set({ endpoint_id: event.target.value })}
        >
          <option value="">any endpoint</option>
          {endpoints.map(({ id, name }) => (
            <option key={id} value={id}>
              {visible(name)}
            </option>
          ))}
          {filter.endpoint_id !== undefined && !endpoints.some(({ id }) => id === filter.endpoint_id) && (
            <option value={filter.endpoint_id}>{filter.endpoint_id}</option>
          )}
        </select>
      )}
      <Typed label="Source" placeholder="Source" value={filter.source ?? ''} onChange={(source) => set({ source })} />
      <Typed
        label="Event type, exact or ending in .*"
        placeholder="Type: invoice.*"
        value={filter.event_type ?? ''}
        onChange={(type) => set({ event_type: type })}
      />
      <select
        aria-label="Time"
        value=""
        onChange={(event) => {
          const ms = Number(event.target.value);
          set({ since: ms === 0 ? '' : new Date(Date.now() - ms).toISOString(), until: '' });
        }}
      >
        <option value="" disabled>
          Time…
        </option>
        {spans.map(({ label, ms }) => (
          <option key={label} value={ms}>
            {label}
          </option>
        ))}
      </select>
      <Moment label="Received after" value={filter.since} onChange={(since) => set({ since })} />
      <Moment label="Received before" value={filter.until} onChange={(until) => set({ until })} />
      {Object.keys(filter).length > 0 && (
        <button type="button" onClick={() => onChange({})}>
          Clear
        </button>
      )}
    </form>
  );
}

interface TypedProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'search';
  ref?: React.Ref<HTMLInputElement>;
}

/** A text field that reports its value once the person stops typing. */
function Typed({ label, placeholder, value, onChange, type = 'text', ref }: TypedProps): ReactNode {
  const [typed, setTyped] = useState(value);
  const [from, setFrom] = useState(value);
  if (from !== value) {
    // Something else changed the page's URL.
    setFrom(value);
    setTyped(value);
  }
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (typed.trim() === value) return;
    const timer = setTimeout(() => latest.current(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <input
      ref={ref}
      type={type}
      aria-label={label}
      title={label}
      placeholder={placeholder}
      value={typed}
      spellCheck={false}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

/** A date and time in the reader's time zone. */
function Moment({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (iso: string) => void;
}): ReactNode {
  return (
    <input
      type="datetime-local"
      step="1"
      aria-label={label}
      title={label}
      className={value === undefined ? 'unset' : undefined}
      value={value === undefined ? '' : toLocal(value)}
      onChange={(event) => onChange(event.target.value === '' ? '' : new Date(event.target.value).toISOString())}
    />
  );
}

function toLocal(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
