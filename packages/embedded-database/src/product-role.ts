import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type DatabaseError } from 'pg';
import { EmbeddedDatabaseError } from './embedded-database-error';

const SUPERUSER = 'postgres';
/** The name of the role that the product connects as, and of its schema. */
const PRODUCT = 'paggio';
const DATABASE = 'postgres';

const DEADLINE_MS = 30_000;
/** The SQLSTATEs of a lock timeout and a deadlock, which are worth another attempt. */
const PASSING = new Set(['55P03', '40P01']);

export interface Urls {
  url: string;
  superuserUrl: string;
}

export function superuserPasswordFile(directory: string): string {
  return join(directory, 'postgres.password');
}

export function superuserUrlOf(directory: string, port: number): string {
  return connectionUrl(SUPERUSER, read(superuserPasswordFile(directory)), port);
}

/**
 * Creates a password file once. The complete file is linked into place, because several processes may start at the same
 * time.
 */
export function makePassword(file: string): void {
  if (existsSync(file)) return;
  const fresh = `${file}.new-${process.pid}`;
  writeFileSync(fresh, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Creates the role that the product connects as, and makes it the owner of the schema. Directories of earlier versions
 * have no such role: there the superuser owns the schema. Everything happens in one transaction, so a process that dies
 * in the middle changes nothing. It runs at every start and is idempotent.
 * @throws EmbeddedDatabaseError if the superuser cannot sign in, or if other sessions lock the tables for 30 s
 */
export async function handOver(directory: string, port: number): Promise<Urls> {
  const superuserUrl = superuserUrlOf(directory, port);
  const password = productPassword(directory);
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      await handOverAs(superuserUrl, password);
      return { url: connectionUrl(PRODUCT, password, port), superuserUrl };
    } catch (error) {
      const { code, message } = error as Partial<DatabaseError>;
      if (PASSING.has(code ?? '') && Date.now() < deadline) {
        await sleep(200);
        continue;
      }
      throw new EmbeddedDatabaseError(
        `The role ${PRODUCT} could not become the owner of the embedded database's schema: ${message}`,
        code === '28P01'
          ? `${superuserPasswordFile(directory)} does not contain the password of the role ${SUPERUSER}. Restore the directory from a backup.`
          : 'Stop other processes that use this database, and try again.',
      );
    }
  }
}

async function handOverAs(superuserUrl: string, password: string): Promise<void> {
  // The product's role controls its schema, so keep it out of the search path: its objects must not shadow built-in
  // functions.
  const client = new Client({ connectionString: superuserUrl, options: '-c search_path=pg_catalog' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
    // A standby already has the roles of its primary.
    if (!rows[0]?.standby) await client.query(statements(client.escapeLiteral(password)));
  } finally {
    await client.end();
  }
}

/** The statements. They go to the server in one message, so it receives all of them or none. */
function statements(password: string): string {
  return `
    begin;
    set local lock_timeout = '5s';
    -- Keep failing statements out of the log, because one of them contains the password.
    set local log_min_error_statement = panic;
    select pg_advisory_xact_lock(7236611894);
    do $$ begin
      if to_regrole('${PRODUCT}') is null then create role ${PRODUCT}; end if;
    end $$;
    alter role ${PRODUCT} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit password ${password};
    do $$ declare granted regrole; begin
      for granted in select m.roleid from pg_auth_members m where m.member = '${PRODUCT}'::regrole loop
        execute format('revoke %s from ${PRODUCT}', granted);
      end loop;
    end $$;
    -- By default PUBLIC may create temporary tables, use other databases, and (before PostgreSQL 15) create tables
    revoke all on database ${DATABASE} from public;
    revoke all on database template1 from public;
    revoke create on schema public from public;
    grant connect on database ${DATABASE} to ${PRODUCT};
    create schema if not exists ${PRODUCT} authorization ${PRODUCT};
    do $$ declare owned record; begin
      if (select nspowner from pg_namespace where nspname = '${PRODUCT}') <> '${PRODUCT}'::regrole then
        alter schema ${PRODUCT} owner to ${PRODUCT};
      end if;
      -- Indexes, row types and the sequences of columns follow their table, and arrays follow their type.
      for owned in
        select c.oid::regclass as name, case c.relkind when 'S' then 'sequence' when 'v' then 'view'
            when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind
          from pg_class c
         where c.relnamespace = '${PRODUCT}'::regnamespace and c.relowner <> '${PRODUCT}'::regrole
           and c.relkind in ('r', 'p', 'S', 'v', 'm', 'f')
           and (c.relkind <> 'S' or not exists (
             select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')))
      loop
        execute format('alter %s %s owner to ${PRODUCT}', owned.kind, owned.name);
      end loop;
      for owned in
        select p.oid::regprocedure as name from pg_proc p
         where p.pronamespace = '${PRODUCT}'::regnamespace and p.proowner <> '${PRODUCT}'::regrole
      loop
        execute format('alter routine %s owner to ${PRODUCT}', owned.name);
      end loop;
      for owned in
        select t.oid::regtype as name from pg_type t
         where t.typnamespace = '${PRODUCT}'::regnamespace and t.typowner <> '${PRODUCT}'::regrole
           and t.typelem = 0 and t.typtype <> 'm'
           and (t.typrelid = 0 or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
      loop
        execute format('alter type %s owner to ${PRODUCT}', owned.name);
      end loop;
    end $$;
    commit`;
}

function productPassword(directory: string): string {
  const file = join(directory, `${PRODUCT}.password`);
  makePassword(file);
  return read(file);
}

function read(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

function connectionUrl(role: string, password: string, port: number): string {
  return `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
}
