import { PaggioError } from '../errors';
import { formatId, newId } from '../event-id';
import { toStoredRetry } from '../endpoints/stored-settings';
import type { RegisteredHandler } from './handler';
import type { HandlerSummary } from './handler-summary';
import { withConfigVersion } from '../storage/config-version';
import type { Database } from '../storage/database';
import { GAUGE_LIMIT } from '../delivery/queue-store';
import type { TransactionSource } from '../storage/transaction-source';

export class HandlerStore {
  constructor(
    private readonly database: Database,
    private readonly workerGroupMs: number,
  ) {}

  /** Stores the handlers of the code and their settings. Returns the new configuration version. */
  async register(handlers: readonly RegisteredHandler[]): Promise<number> {
    const { version } = await withConfigVersion(this.database, async (manager) => {
      // Every process uses the same order, because several may start at once.
      for (const one of [...handlers].sort((a, b) => (a.name < b.name ? -1 : 1))) {
        await manager.query(REGISTER, [
          one.name,
          one.source,
          one.eventTypes,
          one.mode,
          one.userId,
          one.endpoints,
          one.unverified,
          one.timeoutSeconds,
          one.retry === null ? null : JSON.stringify(toStoredRetry(one.retry)),
          one.concurrency,
        ]);
      }
      const names = handlers.map(({ name }) => name);
      await manager.query(REFRESH, [names]);
    });
    return version;
  }

  /**
   * Tries a transaction of the kind that handlers run in.
   * @throws PaggioError `CONFLICT` when it could not settle a delivery, because it is in another database or has no
   * rights on the tables
   */
  async tryTransactions(source: TransactionSource): Promise<void> {
    // The value is random, and is created once for each database.
    const sql = 'select master_key_check as mark from paggio.state';
    const [own] = await this.database.rows<{ mark: string }>(sql);
    const fail = (message: string, cause?: unknown): PaggioError =>
      new PaggioError('CONFLICT', `Transactional handlers cannot run: ${message}`, {
        hint: 'Their DataSource or pool must be connected to the database that Paggio is on, with rights on its schema.',
        cause,
      });
    const seen = await source
      .run('start', async (_tx, statements) => (await statements.query<{ mark: string }>(sql))[0]?.mark)
      .catch((error: unknown) => {
        throw fail(error instanceof Error ? error.message : String(error), error);
      });
    if (seen !== own?.mark) throw fail('their transactions are in another database');
  }

  /** Creates the destinations of handlers at an endpoint. Returns the new configuration version. */
  async attach(endpointId: string, handlers: readonly string[]): Promise<number> {
    const { version } = await withConfigVersion(this.database, async (manager) => {
      const ids = handlers.map(() => formatId(newId()));
      await manager.query(ATTACH, [ids, [...handlers].sort(), endpointId]);
    });
    return version;
  }

  async list(): Promise<HandlerSummary[]> {
    return this.database.rows<HandlerSummary>(LIST, [this.workerGroupMs]);
  }

  /** Removes a handler. Returns the destinations that it had and the new configuration version. */
  async remove(name: string): Promise<'unknown' | 'running' | { destinationIds: string[]; version: number }> {
    const { result, version } = await withConfigVersion(this.database, async (manager) => {
      const [row] = await manager.query<{ running: boolean }[]>(
        `select ${RUNNING('h.name', '$2')} > 0 as running from paggio.handlers h where h.name = $1 for update`,
        [name, this.workerGroupMs],
      );
      if (!row) return 'unknown' as const;
      if (row.running) return 'running' as const;
      await manager.query('delete from paggio.handlers where name = $1', [name]);
      const [gone] = await manager.query<[{ id: string }[], number]>(
        `update paggio.destinations set deleted_at = now(), updated_at = now() where handler = $1 and deleted_at is null returning id`,
        [name],
      );
      return gone.map(({ id }) => id);
    });
    return typeof result === 'string' ? result : { destinationIds: result, version };
  }
}

const RUNNING = (name: string, workerGroupMs: string): string =>
  `(select count(*)::int from paggio.workers w
    where ${name} = any (w.handlers) and w.seen_at >= now() - ${workerGroupMs} * interval '1 millisecond')`;

const REGISTER = `
  insert into paggio.handlers as h (name, source, event_types, mode, user_id, endpoints, unverified, timeout_seconds, retry, concurrency)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10)
  on conflict (name) do update set source = excluded.source, event_types = excluded.event_types, mode = excluded.mode,
    user_id = excluded.user_id, endpoints = excluded.endpoints, unverified = excluded.unverified,
    timeout_seconds = excluded.timeout_seconds, retry = excluded.retry, concurrency = excluded.concurrency, updated_at = now()`;

// Existing destinations take over the settings. They are locked in the order in which settling locks them.
const REFRESH = `
  with stale as materialized (
    select d.id, h.timeout_seconds, h.retry, h.concurrency
    from paggio.destinations d join paggio.handlers h on h.name = d.handler
    where h.name = any ($1::text[]) and d.deleted_at is null
      and (d.timeout_seconds, d.retry, d.concurrency) is distinct from (h.timeout_seconds, h.retry, h.concurrency)
    order by d.id for no key update of d
  )
  update paggio.destinations d set timeout_seconds = s.timeout_seconds, retry = s.retry, concurrency = s.concurrency, updated_at = now()
  from stale s where d.id = s.id`;

const ATTACH = `
  insert into paggio.destinations (id, endpoint_id, name, url, handler, timeout_seconds, retry, concurrency, status, created_at, updated_at)
  select i.id, $3, h.name, 'handler:' || h.name, h.name, h.timeout_seconds, h.retry, h.concurrency, 'ACTIVE', now(), now()
  from unnest($1::uuid[], $2::text[]) as i(id, name) join paggio.handlers h on h.name = i.name
  on conflict (handler, endpoint_id) where handler is not null and deleted_at is null do nothing`;

const LIST = `
  select h.name, h.source, h.event_types as "eventTypes", ${RUNNING('h.name', '$1')} as running,
    (select count(*)::int from (
       select 1 from paggio.destinations x join paggio.deliveries d on d.destination_id = x.id and d.state = 'pending'
       where x.handler = h.name limit ${GAUGE_LIMIT}) p) as pending
  from paggio.handlers h order by h.name`;
