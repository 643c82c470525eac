import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createPaggio } from '@paggio/core';
import { Pool } from 'pg';
import { median, percentile } from './statistics';
import { Workspace } from './workspace';

export interface ClaimSettings {
  backlog: number;
  claims: number;
}

export interface ClaimResult {
  settings: ClaimSettings;
  /** Times of a look and of a claim of 200 deliveries, by how many destinations have due deliveries. */
  lanes: { destinations: number; look: Times; claim: Times; perClaim: number }[];
}

export interface Times {
  p50Ms: number;
  p99Ms: number;
}

interface ClaimStore {
  look(group: object): Promise<string[]>;
  claim(limit: number, freeSlots: Map<string, number | null>, group: object): Promise<{ works: unknown[] }>;
}

interface DueLanes {
  isEmpty: boolean;
  nameAll(destinationIds: string[]): void;
}

interface Lanes {
  freeSlots(due: DueLanes, limit: number): Map<string, number | null>;
}

const LANES = [25, 200, 1_000];
const CLAIM_SIZE = 200;
/** This process is the only one that delivers. */
const alone = { count: 1, index: 0, handlers: new Map() };

/**
 * Measures looks and claims from a due backlog, by the number of destinations to which the backlog goes. Like a worker,
 * it looks when no lane is named, and then claims from some of the lanes in turn.
 */
export async function benchClaim(settings: ClaimSettings): Promise<ClaimResult> {
  const workspace = await Workspace.open();
  const pool = new Pool({ connectionString: workspace.databaseUrl, max: 1, idleTimeoutMillis: 0 });
  try {
    const paggio = createPaggio({
      database: { url: workspace.databaseUrl },
      masterKey: randomBytes(32),
      roles: ['api'],
    });
    await paggio.start();
    await paggio.stop();
    const deliveryStore = openDeliveryStore(pool);
    await pool.query(sessionOfClaims());
    const results: ClaimResult['lanes'] = [];
    await workspace.query(EVENTS, [settings.backlog]);
    for (const destinations of LANES) {
      await workspace.query('truncate paggio.deliveries, paggio.destinations, paggio.endpoints');
      await workspace.query(ENDPOINTS, [destinations]);
      await workspace.query(DELIVERIES, [destinations]);
      await workspace.query('vacuum analyze paggio.deliveries');
      const { due, lanes } = openLanes();
      const looks: number[] = [];
      const claims: number[] = [];
      const sizes: number[] = [];
      while (claims.length < settings.claims) {
        if (due.isEmpty) due.nameAll(await timed(looks, () => deliveryStore.look(alone)));
        const freeSlots = lanes.freeSlots(due, CLAIM_SIZE);
        const { works } = await timed(claims, () => deliveryStore.claim(CLAIM_SIZE, freeSlots, alone));
        sizes.push(works.length);
      }
      results.push({ destinations, look: timesOf(looks), claim: timesOf(claims), perClaim: median(sizes) });
    }
    return { settings, lanes: results };
  } finally {
    await pool.end();
    await workspace.close();
  }
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  times.push(performance.now() - startedAt);
  return result;
}

function timesOf(times: number[]): Times {
  times.sort((a, b) => a - b);
  return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

// Parts of the engine that are not exported are loaded by their files.
const core = join(dirname(require.resolve('@paggio/core/package.json')), 'dist');

/* eslint-disable @typescript-eslint/no-require-imports */
/** The statements that begin the engine's own connections for claims. */
function sessionOfClaims(): string {
  const { sessionSettings } = require(join(core, 'storage/session-settings.js')) as {
    sessionSettings: (limits: object) => string;
  };
  return sessionSettings({ statementMs: 60_000, idleTransactionMs: 60_000, commit: 'forgetful', planning: 'once' });
}

/** The store of the engine, which runs the real statement. */
function openDeliveryStore(pool: Pool): ClaimStore {
  const { PostgresDeliveryStore } = require(join(core, 'delivery/delivery-store.js')) as {
    PostgresDeliveryStore: new (
      settles: Pool,
      leases: Pool,
      onVersion: () => void,
      pauseAfterMs: null,
      seal: object,
      gate: object,
      identity: { tokenPrefix: string },
    ) => ClaimStore;
  };
  const { RequestSeal } = require(join(core, 'events/request-seal.js')) as { RequestSeal: new (box: null) => object };
  // Nothing in the backlog is sealed, so no key is needed.
  const gate = { update: () => undefined };
  const identity = { tokenPrefix: '00000000-0000-8000-' };
  return new PostgresDeliveryStore(pool, pool, () => undefined, null, new RequestSeal(null), gate, identity);
}

/** The lanes of a worker. It knows none of them yet, so the database computes their shares. */
function openLanes(): { due: DueLanes; lanes: Lanes } {
  const { DueLanes } = require(join(core, 'delivery/due-lanes.js')) as { DueLanes: new () => DueLanes };
  const { Lanes } = require(join(core, 'delivery/lanes.js')) as { Lanes: new (maxInFlight: number) => Lanes };
  return { due: new DueLanes(), lanes: new Lanes(CLAIM_SIZE) };
}
/* eslint-enable @typescript-eslint/no-require-imports */

const EVENTS = `
  insert into paggio.events (id, endpoint_id, user_id, mode, source, method, path, query, headers, body, received_at)
  select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '00000000-0000-7000-8000-000000000000', 'bench', 'live', 'unknown', 'POST', '/', '',
    '', convert_to(repeat('x', 200), 'UTF8'), now()
  from generate_series(1, $1::int) n`;

const ENDPOINTS = `
  with made as (
    insert into paggio.endpoints (id, user_id, mode, name, slug, secret, timeout_seconds, retry, concurrency, status, created_at, updated_at)
    select gen_random_uuid(), 'bench', 'live', n::text, n::text, '', 10, '{}', 8, 'ACTIVE', now(), now() from generate_series(1, $1::int) n
    returning id
  )
  insert into paggio.destinations (id, endpoint_id, name, url, status, created_at, updated_at)
  select gen_random_uuid(), id, 'default', 'http://127.0.0.1:9/', 'ACTIVE', now(), now() from made`;

const DELIVERIES = `
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at)
  select e.id, x.id, x.endpoint_id, 'pending', now() - interval '1 hour' + e.age * interval '1 millisecond'
  from (select id, 1 + (row_number() over () % $1::int) as n, row_number() over (order by id) as age from paggio.events) e
    join (select id, endpoint_id, row_number() over () as n from paggio.destinations) x on x.n = e.n
  order by e.age`;
