import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../gateway/gateway';
import { Installation } from '../installation';
import type { Scenario } from '../scenario';
import { random } from '../seed';

const AT_ONCE = 5;

/** Acceptance case CRA-20: several processes migrate one database at once, and some are killed on the way. */
export const migrationKills: Scenario = {
  name: 'migrations',
  title: 'Five processes migrate at once and are killed on the way',
  async run({ cluster, directory, quick, seed }) {
    const rounds = quick ? 2 : 20;
    const next = random(seed + 4);
    const reference = await Installation.empty(cluster.url, directory);
    await reference.setUp([]);
    const wanted = JSON.stringify(await reference.rows(SCHEMA));
    const failures: string[] = [];
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      const installation = await Installation.empty(cluster.url, directory);
      await installation.rows(SLOW_DDL);
      const gateways = await Promise.all(Array.from({ length: AT_ONCE }, () => installation.gateway(['api'])));
      const startedAt = Date.now();
      const starts = gateways.map((gateway) => gateway.start().catch(() => undefined));
      // In some rounds, the process that holds the lock is among the killed ones.
      await sleep(300 + next() * 1_200);
      for (const gateway of gateways.slice(1)) {
        await sleep(next() * 300);
        await gateway.kill();
        kills++;
      }
      await Promise.all(starts);
      await Promise.all(gateways.map((gateway) => again(gateway)));
      if (JSON.stringify(await installation.rows(SCHEMA)) !== wanted)
        failures.push(`round ${round + 1}: another schema`);
      if (Date.now() - startedAt > 60_000) failures.push(`round ${round + 1} took more than a minute`);
      await Promise.all(gateways.map((gateway) => gateway.kill()));
    }
    return {
      tried: 'killed while migrating',
      times: kills,
      acknowledged: 0,
      lost: 0,
      phantom: 0,
      duplicates: 0,
      healedMs: null,
      failures,
      figures: { rounds },
    };
  },
};

async function again(gateway: Gateway): Promise<void> {
  if (!gateway.isAlive) await gateway.start();
}

/** Each statement takes a while, so that kills come between them. */
const SLOW_DDL = `
  create function public.slow_ddl() returns event_trigger language plpgsql as $$ begin perform pg_sleep(0.02); end $$;
  create event trigger slow_ddl on ddl_command_end execute function public.slow_ddl()`;

const SCHEMA = `
  select 'column' as kind, table_name || '.' || column_name as name, data_type || coalesce(column_default, '') || is_nullable as detail
  from information_schema.columns where table_schema = 'paggio'
  union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'paggio'
  union all select 'migration', name, '' from paggio.migrations
  order by 1, 2, 3`;
