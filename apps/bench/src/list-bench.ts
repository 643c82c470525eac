import { randomBytes } from 'node:crypto';
import { createPaggio, type EventFilter, type Owner, type Paggio, type Paging } from '@paggio/core';
import { Client } from 'pg';
import { percentile } from './statistics';
import { Workspace } from './workspace';

export interface ListSettings {
  events: number;
  /** How many lists are timed for each filter. */
  calls: number;
}

export interface ListResult {
  settings: ListSettings;
  buildSeconds: number;
  filters: { name: string; p50Ms: number; p95Ms: number; total: string; plan: string }[];
  statsMs: number;
}

const owner: Owner = { userId: 'bench', mode: 'live' };
const DAYS = 30;
const CHUNK = 100_000;
const ENDPOINTS = 40;
const SOURCES = ['stripe', 'github', 'shopify', 'slack', 'twilio', 'unknown', 'api', 'xero'];
const FIRST = { limit: 50, offset: 0, startingAfter: null };

/** Measures lists on a full table: by each filter and by common pairs of filters, first pages and deep pages. */
export async function benchList(settings: ListSettings, note: (text: string) => void): Promise<ListResult> {
  const workspace = await Workspace.open();
  const paggio = createPaggio({
    database: { url: workspace.databaseUrl },
    masterKey: randomBytes(32),
    roles: ['api'],
  });
  try {
    await paggio.start();
    const startedAt = performance.now();
    const now = Date.now();
    const endpoints = await build(workspace, settings.events, now, note);
    const buildSeconds = (performance.now() - startedAt) / 1000;
    const recorder = recordStatements();
    const filters: ListResult['filters'] = [];
    for (const [name, filterOf] of Object.entries(filtersOf(endpoints, now)))
      filters.push({ name, ...(await time(paggio, workspace, filterOf, settings.calls, recorder)) });
    recorder.stop();
    const statsAt = performance.now();
    await paggio.admin.stats.read(owner, { from: new Date(now - DAYS * 86_400_000) });
    return { settings, buildSeconds, filters, statsMs: performance.now() - statsAt };
  } finally {
    await paggio.stop();
    await workspace.close();
  }
}

type FilterOf = (n: number) => EventFilter;

/** Each call asks for another value, so that none profits from the caches of an equal one. */
function filtersOf(endpoints: readonly string[], now: number): Record<string, FilterOf> {
  const endpoint = (n: number): string => endpoints[n % endpoints.length] as string;
  const source = (n: number): string => SOURCES[n % SOURCES.length] as string;
  const type = (n: number): string => `${source(n)}.group${n % 3}.action${n % 12}`;
  const ago = (n: number): Date => new Date(now - ((n % DAYS) + 0.5) * 86_400_000);
  return {
    none: () => ({}),
    endpoint: (n) => ({ endpointId: endpoint(n) }),
    source: (n) => ({ source: source(n) }),
    type: (n) => ({ eventType: type(n) }),
    'type.*': (n) => ({ eventType: `${source(n)}.group${n % 3}.*` }),
    'status=failed': () => ({ status: 'failed' }),
    'status=pending': () => ({ status: 'pending' }),
    'status=captured': () => ({ status: 'captured' }),
    'status=delivered': () => ({ status: 'delivered' }),
    since: (n) => ({ since: ago(n) }),
    until: (n) => ({ until: ago(n) }),
    'endpoint, failed': (n) => ({ endpointId: endpoint(n), status: 'failed' }),
    'endpoint, delivered': (n) => ({ endpointId: endpoint(n), status: 'delivered' }),
    'endpoint, type': (n) => ({ endpointId: endpoint(n), eventType: type(n) }),
    'endpoint, source': (n) => ({ endpointId: endpoint(n), source: source(n) }),
    'endpoint, until': (n) => ({ endpointId: endpoint(n), until: ago(n) }),
    'source, failed': (n) => ({ source: source(n), status: 'failed' }),
    'source, pending': (n) => ({ source: source(n), status: 'pending' }),
    'source, until': (n) => ({ source: source(n), until: ago(n) }),
    'type, failed': (n) => ({ eventType: type(n), status: 'failed' }),
    'type.*, failed': (n) => ({ eventType: `${source(n)}.*`, status: 'failed' }),
    'type, until': (n) => ({ eventType: type(n), until: ago(n) }),
    'failed, since': (n) => ({ status: 'failed', since: ago(n) }),
    'failed, until': (n) => ({ status: 'failed', until: ago(n) }),
    'source, type': (n) => ({ source: source(n), eventType: type(n) }),
    'since, until': (n) => ({ since: ago(n + 1), until: ago(n) }),
    'q (rare text)': () => ({ q: 'a text that is nowhere' }),
  };
}

async function time(
  paggio: Paggio,
  workspace: Workspace,
  filterOf: FilterOf,
  calls: number,
  recorder: StatementRecorder,
): Promise<Omit<ListResult['filters'][number], 'name'>> {
  const times: number[] = [];
  let total = '';
  recorder.statements.length = 0;
  for (let n = 0; n < calls; n++) {
    const filter = filterOf(n);
    const first = await timed(() => paggio.admin.events.list(owner, filter, FIRST), times);
    total = `${first.total}${first.totalCapped ? '+' : ''}`;
    const last = first.items.at(-1);
    // A deep page begins after the last item of the first page, or at a large offset.
    const deep: Paging =
      last && n % 3 === 0 ? { ...FIRST, startingAfter: last.id } : { ...FIRST, offset: n % 3 === 1 ? 950 : 9_950 };
    await timed(() => paggio.admin.events.list(owner, filter, deep), times);
  }
  times.sort((a, b) => a - b);
  const plan = await planOf(workspace, recorder.statements);
  return { p50Ms: percentile(times, 0.5), p95Ms: percentile(times, 0.95), total, plan };
}

async function timed<T>(work: () => Promise<T>, times: number[]): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  times.push(performance.now() - startedAt);
  return result;
}

interface StatementRecorder {
  statements: { text: string; values: unknown[] }[];
  stop(): void;
}

/** Records the statements of the product, so that EXPLAIN runs on them and not on copies. */
function recordStatements(): StatementRecorder {
  const statements: StatementRecorder['statements'] = [];
  const prototype = Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const original = prototype.query;
  prototype.query = function (this: unknown, ...args: unknown[]) {
    if (typeof args[0] === 'string' && Array.isArray(args[1])) statements.push({ text: args[0], values: args[1] });
    return original.apply(this, args);
  };
  return { statements, stop: () => (prototype.query = original) };
}

interface PlanNode {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

/** The scans by which PostgreSQL found the ids of the page. */
async function planOf(workspace: Workspace, statements: StatementRecorder['statements']): Promise<string> {
  const page = statements.find(({ text }) => /page as materialized|as matches/.test(text));
  if (!page) return '';
  const [row] = await workspace.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `explain (format json) ${page.text}`,
    page.values,
  );
  const found: string[] = [];
  const visit = (node: PlanNode): void => {
    const about = node['Index Name'] ?? node['Relation Name'];
    if (about !== undefined && /^event(s|_index)/.test(about)) found.push(`${node['Node Type']} ${about}`);
    for (const child of node.Plans ?? []) visit(child);
  };
  if (row?.['QUERY PLAN'][0]) visit(row['QUERY PLAN'][0].Plan);
  return [...new Set(found)].filter((one) => !one.endsWith('events_pkey') || found.length === 1).join(', ');
}

async function build(
  workspace: Workspace,
  events: number,
  now: number,
  note: (text: string) => void,
): Promise<string[]> {
  const endpoints = await workspace.query<{ id: string }>(MAKE_ENDPOINTS, [ENDPOINTS]);
  await workspace.query(MAKE_WORDS, [SOURCES]);
  const client = new Client({ connectionString: workspace.databaseUrl });
  await client.connect();
  try {
    await client.query('set synchronous_commit = off; select setseed(0.5)');
    for (let from = 0; from < events; from += CHUNK) {
      const to = Math.min(from + CHUNK, events);
      await client.query(MAKE_EVENTS, [from, to, events, now, DAYS, endpoints.map(({ id }) => id), SOURCES]);
      if ((to / CHUNK) % 10 === 0) note(`${to} of ${events} events`);
    }
    await client.query('vacuum analyze paggio.events');
    await client.query('vacuum analyze paggio.deliveries');
    await client.query('vacuum analyze paggio.event_index');
    await client.query(COUNT);
  } finally {
    await client.end();
  }
  return endpoints.map(({ id }) => id);
}

const MAKE_ENDPOINTS = `
  with made as (
    insert into paggio.endpoints (id, user_id, mode, name, slug, secret, timeout_seconds, retry, concurrency, status, created_at, updated_at)
    select gen_random_uuid(), 'bench', 'live', n::text, n::text, '', 10, '{}', 8, 'ACTIVE', now(), now() from generate_series(1, $1::int) n
    returning id
  ), destinations as (
    insert into paggio.destinations (id, endpoint_id, name, url, status, created_at, updated_at)
    select id, id, 'default', 'http://127.0.0.1:9/', 'PAUSED', now(), now() from made
  )
  select id from made`;

const MAKE_WORDS = `
  with owner as (
    insert into paggio.words (owner, kind, word) values (0, 'owner', 'live:bench') returning id
  ), sources as (
    insert into paggio.words (owner, kind, word) select 0, 'source', s from unnest($1::text[]) s
  )
  insert into paggio.words (owner, kind, word)
  select owner.id, 'type', s || '.group' || n % 3 || '.action' || n from owner, unnest($1::text[]) s, generate_series(0, 11) n`;

// A few endpoints and types have most of the events. One event in a hundred has failed, one in a thousand is pending.
const MAKE_EVENTS = `
  with raw as materialized (
    select n, ($4::bigint - ($3::bigint - n) * ($5 * 86400000::bigint) / $3) as ms, floor(40 * power(random(), 2))::int as e,
      floor(12 * power(random(), 1.5))::int as t, random() as fate
    from generate_series($1::int, $2::int - 1) n
  ), gen as materialized (
    select n, ms, t, ($6::uuid[])[1 + e] as endpoint_id, ($7::text[])[1 + e % 8] as source,
      (lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8000' || lpad(to_hex(n), 12, '0'))::uuid as id,
      case when fate < 0.01 then 2 when fate < 0.011 then 0 when fate < 0.04 then 3 else 1 end as status,
      5 + floor(200 * power(random(), 3))::int as latency
    from raw
  ), e as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body, captured_reason, received_at)
    select id, endpoint_id, 'bench', 'live', source, source || '.group' || t % 3 || '.action' || t, 'POST', '/api/webhook/bench', '',
      convert_to(E'Content-Type: application/json\\r\\nUser-Agent: bench\\r\\n', 'UTF8'), convert_to('{"n":' || n || ',"text":"' || repeat('x', 200) || '"}', 'UTF8'),
      case when status = 3 then 'no_destination' end, to_timestamp(ms / 1000.0)
    from gen order by id
  ), d as (
    insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, attempt_count, due_at, response_status, latency_ms)
    select id, endpoint_id, endpoint_id, (array['pending', 'delivered', 'failed'])[1 + status], least(status, 1),
      case when status = 0 then now() + interval '1 day' end, case when status = 1 then 200 end, case when status = 1 then latency end
    from gen where status < 3 order by id
  )
  insert into paggio.event_index (event_id, owner, endpoint_id, source, type, status, latency_ms, slot)
  select g.id, o.id, g.endpoint_id, s.id, t.id, g.status, case when g.status = 1 then g.latency end, case when g.status = 1 then 30 end
  from gen g join paggio.words o on o.kind = 'owner'
    join paggio.words s on s.kind = 'source' and s.word = g.source
    join paggio.words t on t.kind = 'type' and t.owner = o.id and t.word = g.source || '.group' || g.t % 3 || '.action' || g.t
  order by g.id`;

const COUNT = `
  with sorted as (
    insert into paggio.event_sorts (owner, endpoint_id, source, type)
    select distinct owner, endpoint_id, source, type from paggio.event_index
  ), counted as (
    insert into paggio.stat_latencies (endpoint_id, bucket, slot, count)
    select endpoint_id, (('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint / 300000)::int, slot, count(*)
    from paggio.event_index where status = 1 group by 1, 2, 3
  )
  insert into paggio.stat_buckets (endpoint_id, bucket, pending, delivered, failed, captured, latency_sum)
  select endpoint_id, (('x' || left(replace(event_id::text, '-', ''), 12))::bit(48)::bigint / 300000)::int,
    count(*) filter (where status = 0), count(*) filter (where status = 1), count(*) filter (where status = 2),
    count(*) filter (where status = 3), coalesce(sum(latency_ms), 0)
  from paggio.event_index group by 1, 2`;
