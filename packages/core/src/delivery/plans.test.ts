import type { Pool } from 'pg';
import { countDuplicates, insertion, keyedInsertion } from '../capture/intake-sql';
import { INDEX_SETTINGS } from '../events/event-index';
import { INDEX_WRITE, KINDS } from '../events/index-sql';
import { defaultTiming } from '../flow/timing';
import { WAKE_FOLLOWERS } from '../queue/follower-sql';
import { statementsOf, type Statements } from '../storage/statements';
import { capture, owner, query, startGateway, type TestGateway } from '../testing';
import { CANCEL, LOAD, LOOK_FOR_DUE, RELEASE, timedStatements } from './delivery-sql';
import { settlePlain } from './settle-sql';
import { TAKE_OVER } from './takeover-sql';

const full = process.env['PAGGIO_FULL'] !== undefined;

/** Statements of capture and delivery, by the pool that runs them. */
const { claim, settle, renew } = timedStatements(defaultTiming);
const statements: Record<'capture' | 'lease' | 'settle', Record<string, string>> = {
  capture: {
    intake: insertion(defaultTiming).text,
    keyedIntake: keyedInsertion(0, defaultTiming).text,
    duplicates: countDuplicates.text,
  },
  lease: { look: LOOK_FOR_DUE, claim, load: LOAD, renew, release: RELEASE, takeOver: TAKE_OVER },
  settle: { settle: settle.text, settlePlain: settlePlain.text, cancel: CANCEL, followers: WAKE_FOLLOWERS },
};

/**
 * What an index must be asked for in a table. Anything less reads an amount of rows that grows with the table, or with
 * the backlog of a destination.
 */
const asked: Record<string, readonly RegExp[]> = {
  deliveries: [
    /\(event_id = /,
    /\(destination_id = .*due_at <= now\(\)/,
    /\(destination_id = .*order_key = /,
    // A takeover reads what is due within the time of a lease.
    /\(destination_id = .*due_at > now\(\).*due_at <= \(now\(\) \+/,
  ],
  attempts: [],
  destinations: [/\((endpoint_)?id = /],
  endpoints: [/\((id|slug) = /],
  events: [/\(id = /],
  dedup_keys: [/endpoint_id = .*key = /],
  event_index: [/\(event_id = /],
  event_sorts: [/\(id = /, /owner = .*endpoint_id = .*source = .*type = /],
  words: [/\(owner = .*kind = .*word = /, /\(id = /],
};

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Cond'?: string;
  Plans?: Node[];
}

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ roles: ['api'] });
  // PostgreSQL must not look at the tables by itself while they are filled.
  for (const table of Object.keys(asked))
    await query(gateway.database.url, `alter table paggio.${table} set (autovacuum_enabled = false)`);
});

afterAll(() => gateway.stop());

/** The nodes below a plan that read a table, each with the kind of its parent. */
function scansOf(node: Node, parent = ''): { node: Node; parent: string }[] {
  const below = (node.Plans ?? []).flatMap((child) => scansOf(child, node['Node Type']));
  const reads = node['Relation Name'] !== undefined && node['Node Type'] !== 'ModifyTable';
  return reads && node['Node Type'] !== 'LockRows' ? [{ node, parent }, ...below] : below;
}

/** Whether a scan reads few rows, however large the table is. */
function isBounded({ node, parent }: { node: Node; parent: string }): boolean {
  const conditions = asked[node['Relation Name'] as string];
  if (conditions === undefined) return true;
  const condition = node['Index Cond'] ?? '';
  if (!/^Index (Only )?Scan$|^Bitmap (Heap|Index) Scan$/.test(node['Node Type'])) return false;
  if (node['Node Type'] === 'Bitmap Heap Scan') return true;
  // The first entry of an index.
  if (parent === 'Limit' && condition === '') return true;
  return (
    conditions.some((one) => one.test(condition)) || (parent === 'Limit' && /^\(destination_id > /.test(condition))
  );
}

async function inSession(pool: Pool, work: (session: Statements) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await work(statementsOf(client));
  } finally {
    client.release();
  }
}

async function unbounded(session: Statements, name: string, text: string): Promise<string[]> {
  await session.query(`prepare ${name} as ${text}`);
  const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  const nothing = Array.from({ length: count }, () => 'null').join();
  const [row] = await session.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
    `explain (format json) execute ${name}${count > 0 ? `(${nothing})` : ''}`,
  );
  await session.query(`deallocate ${name}`);
  const plan = row?.['QUERY PLAN'][0].Plan as Node;
  return scansOf(plan)
    .filter((scan) => !isBounded(scan))
    .map(({ node }) => `${name}: ${node['Node Type']} on ${node['Relation Name']} ${node['Index Cond'] ?? ''}`);
}

/** The scans of every statement that would read too much, as planned now in sessions of the gateway. */
async function allUnbounded(): Promise<string[]> {
  const found: string[] = [];
  for (const [pool, texts] of Object.entries(statements))
    await inSession(gateway.assembly.database.database[pool as 'capture'], async (session) => {
      for (const [name, text] of Object.entries(texts)) found.push(...(await unbounded(session, name, text)));
    });
  const { source } = gateway.assembly.database.database;
  await source.transaction(async (manager) => {
    await manager.query(INDEX_SETTINGS);
    found.push(...(await unbounded(manager, 'index', INDEX_WRITE)));
    found.push(...(await unbounded(manager, 'kinds', KINDS)));
  });
  return found;
}

async function analyze(): Promise<void> {
  for (const table of Object.keys(asked)) await query(gateway.database.url, `analyze paggio.${table}`);
}

/** Copies rows with new values for some columns. */
const copies = (table: string, changed: string, from: string): string => `
  insert into paggio.${table} select (jsonb_populate_record(r, jsonb_build_object(${changed}))).* from ${from}`;

const FILL = `
  create temporary table first_endpoint as select * from paggio.endpoints;
  create temporary table first_destination as select * from paggio.destinations;
  create temporary table first_event as select * from paggio.events;
  ${copies('endpoints', `'id', gen_random_uuid(), 'slug', 'many-' || n`, 'first_endpoint r, generate_series(1, 200) n')};
  ${copies('destinations', `'id', gen_random_uuid(), 'endpoint_id', e.id`, 'first_destination r, paggio.endpoints e')};
  ${copies('events', `'id', gen_random_uuid()`, `first_event r, generate_series(1, ${full ? 5000 : 1500})`)};
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at)
    select gen_random_uuid(), d.id, d.endpoint_id, case when n % 3 = 0 then 'delivered' else 'pending' end,
      case when n % 3 <> 0 then now() - n * interval '1 second' end
    from generate_series(1, ${full ? 20000 : 5000}) n
      join (select id, endpoint_id, row_number() over () as place from paggio.destinations) d on d.place = n % 200;
  insert into paggio.dedup_keys (endpoint_id, key, event_id, sha256, expires_at)
    select endpoint_id, sha256(id::text::bytea), id, '', now() from paggio.events;
  insert into paggio.words (owner, kind, word) select n % 50, 'type', n::text from generate_series(1, ${full ? 2000 : 1000}) n;
  insert into paggio.event_index (event_id, owner, endpoint_id, source, type, status)
    select id, 1, endpoint_id, 1, 1, 1 from paggio.events
    on conflict do nothing`;

// Plans are made once for each connection, so a plan of any moment may be in use for days. One state is not here: a table
// that was analysed while it was empty. PostgreSQL then plans for an empty table until it analyses the table again, which
// it does within a minute of the first fifty rows.
test('no statement of capture or delivery reads whole tables or backlogs, whenever it is planned', async () => {
  expect(await allUnbounded()).toEqual([]);
  const destinationUrl = 'https://example.test/';
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'source', destinationUrl });
  await capture(gateway.paggio, endpoint.slug, '{}');
  await query(gateway.database.url, FILL);
  expect(await allUnbounded()).toEqual([]);
  await analyze();
  expect(await allUnbounded()).toEqual([]);
  // All deliveries of one destination, which suits an index by destination least.
  await query(
    gateway.database.url,
    `update paggio.deliveries set destination_id = (select min(destination_id::text)::uuid from paggio.deliveries)`,
  );
  await query(gateway.database.url, 'analyze paggio.deliveries');
  expect(await allUnbounded()).toEqual([]);
});

test('the look-ups that a sender waits for are prepared and use an index', async () => {
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'looked up' });
  await capture(gateway.paggio, endpoint.slug, '{}');
  await inSession(gateway.assembly.database.database.capture, async (session) => {
    const rows = await session.query<{ name: string; statement: string }>(
      `select name, statement from pg_prepared_statements where name like 'paggio_%'`,
    );
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['paggio_endpoint_by_slug', 'paggio_config_version', 'paggio_intake']),
    );
    for (const { name, statement } of rows) expect(await unbounded(session, `again_${name}`, statement)).toEqual([]);
  });
});
