/**
 * What our statements rely on, on every connection of ours. A database or a role may have other defaults
 * (`alter database ... set`), which are meant for the statements of an app.
 */
const relied: Readonly<Record<string, string>> = {
  // How values are written and read as text.
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  // Every name of our schema is qualified. What is not is PostgreSQL's own.
  search_path: 'pg_catalog',
  // Statements that meet at the same row wait for each other and go on with what the first one left.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Limits of an app would end connections that wait for work, or statements that wait for a lock.
  lock_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  exit_on_error: 'off',
  plan_cache_mode: 'auto',
};

export interface SessionLimits {
  /** In milliseconds; a statement that takes longer is ended by the server. */
  statementMs: number;
  /** The same for a transaction that stands still. */
  idleTransactionMs: number;
  /**
   * `durable`: a commit waits for the disk, whatever the default of the role is. `forgetful`: it does not. `default`: as
   * the database, the role or the server says.
   */
  commit: 'durable' | 'forgetful' | 'default';
}

/**
 * The first thing on a connection of ours, in one message. Compiling statements (JIT) is off before anything is planned:
 * for statements that take a millisecond it costs many times what it saves. `pg_settings` leaves out what a server of
 * another version does not have. An app's planner switches (`enable_seqscan = off`) are undone.
 */
export function sessionSettings({ statementMs, idleTransactionMs, commit }: SessionLimits): string {
  const values = { ...relied, idle_in_transaction_session_timeout: String(idleTransactionMs) };
  const list = Object.entries(values)
    .map(([name, value]) => `('${name}', '${value}')`)
    .join(', ');
  const parts = [
    `set statement_timeout = ${statementMs}`,
    'set jit = off',
    `select pg_catalog.set_config(s.name, coalesce(v.value, 'on'), false)
     from pg_catalog.pg_settings s left join (values ${list}) as v (name, value) on v.name = s.name
     where v.name is not null or (pg_catalog.starts_with(s.name, 'enable_') and s.setting = 'off' and s.boot_val = 'on')`,
  ];
  if (commit === 'durable') parts.push(DURABLE);
  if (commit === 'forgetful') parts.push('set synchronous_commit = off');
  return parts.join('; ');
}

/** An acknowledgement promises a commit on disk. Stricter settings, such as `remote_apply`, stay. */
const DURABLE = `select pg_catalog.set_config('synchronous_commit', 'on', false)
  where pg_catalog.current_setting('synchronous_commit') in ('off', 'local')`;

/**
 * On connections of ours that handlers use, where most settings are the app's. At a stricter isolation level each settled
 * delivery would fail the transactions beside it.
 */
export function handlerSettings(idleTransactionMs: number): string {
  return `set statement_timeout = 0; set default_transaction_isolation = 'read committed';
    set idle_in_transaction_session_timeout = ${idleTransactionMs};
    select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
    where name in ('lock_timeout', 'idle_session_timeout', 'transaction_timeout'); ${DURABLE}`;
}
