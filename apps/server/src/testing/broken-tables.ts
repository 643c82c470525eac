import { query } from '@paggio/core/testing';

/** Lists Paggio's tables. */
export async function tablesOf(url: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    url,
    `select tablename as name from pg_tables where schemaname = 'paggio' and tablename <> 'migrations' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/**
 * Makes PostgreSQL refuse the first `times` writes to each table, with an error that contains the whole row. A sequence
 * counts the writes, because a rollback does not reset it.
 */
export async function refuseWrites(url: string, times: number): Promise<void> {
  await query(
    url,
    `create schema canary;
     create function canary.refuse() returns trigger language plpgsql as $$
     declare row_text text := coalesce(new, old)::text;
     begin
       if nextval('canary.' || tg_table_name) <= ${times} then
         raise exception 'no %', row_text using detail = row_text, hint = row_text;
       end if;
       return coalesce(new, old);
     end $$`,
  );
  for (const table of await tablesOf(url)) {
    await query(
      url,
      `create sequence canary.${table};
       create trigger refuse before insert or update or delete on paggio.${table}
         for each row execute function canary.refuse()`,
    );
  }
}

/** Lists the tables that have refused a write. */
export async function refusing(url: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    url,
    `select sequencename as name from pg_sequences where schemaname = 'canary' and last_value is not null order by 1`,
  );
  return rows.map(({ name }) => name);
}
