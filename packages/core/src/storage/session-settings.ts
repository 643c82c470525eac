/**
 * Settings that our statements rely on, for every connection of ours. A database or a role may have other defaults
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
  // All names of our schema are qualified. Other names are PostgreSQL's own.
  search_path: 'pg_catalog',
  // Statements that meet at the same row wait for each other and go on with the row as the first one left it.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // Limits of an app would end connections that wait for work, or statements that wait for a lock.
  lock_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  exit_on_error: 'off',
};

/** Switches of the planner that are on by default in PostgreSQL 14 to 19. */
export const plannerSwitches: readonly string[] = [
  'enable_async_append',
  'enable_bitmapscan',
  'enable_distinct_reordering',
  'enable_eager_aggregate',
  'enable_gathermerge',
  'enable_group_by_reordering',
  'enable_hashagg',
  'enable_hashjoin',
  'enable_incremental_sort',
  'enable_indexonlyscan',
  'enable_indexscan',
  'enable_material',
  'enable_memoize',
  'enable_mergejoin',
  'enable_nestloop',
  'enable_parallel_append',
  'enable_parallel_hash',
  'enable_partition_pruning',
  'enable_presorted_aggregate',
  'enable_self_join_elimination',
  'enable_seqscan',
  'enable_sort',
  'enable_tidscan',
];

export interface SessionLimits {
  /** The server ends a statement that takes longer. Milliseconds. */
  statementMs: number;
  /** The same for a transaction that is idle. */
  idleTransactionMs: number;
  /**
   * `durable`: a commit waits for the disk, whatever the default of the role is. `forgetful`: it does not. `default`: as
   * the database, the role or the server says.
   */
  commit: 'durable' | 'forgetful' | 'default';
  /**
   * `once`: a statement is planned at its first execution, for all values, and uses an index wherever one fits. By
   * default PostgreSQL plans each of the first five executions for its values, and it reads a whole table that is small
   * or has no statistics yet. Such a plan stays in use after the table has grown. `for_values`: that default.
   */
  planning: 'once' | 'for_values';
}

/**
 * Returns the statements that begin every connection of ours, as one message. Compiling statements (JIT) is off before
 * anything is planned: for statements that take a millisecond it costs many times what it saves. A setting that this
 * version of the server does not have is null and left out. An app's planner switches (`enable_seqscan = off`) are
 * undone. The view `pg_settings` would name them all, but reading it takes the server several times as long.
 */
export function sessionSettings({ statementMs, idleTransactionMs, commit, planning }: SessionLimits): string {
  const values = {
    ...relied,
    plan_cache_mode: planning === 'once' ? 'force_generic_plan' : 'auto',
    idle_in_transaction_session_timeout: String(idleTransactionMs),
  };
  const list = Object.entries(values)
    .map(([name, value]) => `('${name}', '${value}')`)
    .join(', ');
  const parts = [
    `set statement_timeout = ${statementMs}`,
    'set jit = off',
    `select pg_catalog.set_config(name, value, false) from (values ${list}) as v (name, value)
     where pg_catalog.current_setting(name, true) is not null`,
    `select pg_catalog.set_config(name, 'on', false) from pg_catalog.unnest('{${plannerSwitches.join()}}'::text[]) as name
     where pg_catalog.current_setting(name, true) = 'off'`,
  ];
  if (commit === 'durable') parts.push(DURABLE);
  if (commit === 'forgetful') parts.push('set synchronous_commit = off');
  if (planning === 'once') parts.push('set enable_seqscan = off');
  return parts.join('; ');
}

/** An acknowledgement promises a commit on disk. Stricter settings, such as `remote_apply`, stay. */
const DURABLE = `select pg_catalog.set_config('synchronous_commit', 'on', false)
  where pg_catalog.current_setting('synchronous_commit') in ('off', 'local')`;

/**
 * Returns the statements that begin a connection of ours for handlers. Most settings there are the app's. The isolation
 * level is not, because at a stricter one each settled delivery would fail concurrent transactions.
 */
export function handlerSettings(idleTransactionMs: number): string {
  return `set statement_timeout = 0; set default_transaction_isolation = 'read committed';
    set idle_in_transaction_session_timeout = ${idleTransactionMs};
    select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
    where name in ('lock_timeout', 'idle_session_timeout', 'transaction_timeout'); ${DURABLE}`;
}
