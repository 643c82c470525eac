import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseEnd } from '../cluster';
import type { Scenario } from '../scenario';
import { random } from '../seed';
import { folder } from '../world';
import { underLoad, until } from './under-load';

/** The gateway must recover within this, once the database takes statements again. */
const RECOVER_MS = 10_000;
const CONCURRENCY = 16;
const RETRY_AFTER_MS = 5_000;
/**
 * CPU time of the gateway while the database is away, in percent of one core. The quick mode measures three seconds of a
 * process that has just started. A loop that never waits takes 100.
 */
const CPU_PERCENT = { quick: 60, long: 30 };

/** Acceptance cases CRA-06 and LOA-05: the database ends without warning, for a short and for a long time. */
export const postgresStops: Scenario = {
  name: 'postgres',
  title: 'PostgreSQL is stopped (`-m immediate`) or killed under load',
  async run(context) {
    const { quick, seed, directory, say } = context;
    const next = random(seed + 1);
    const stops = quick ? 3 : 20;
    const outageMs = quick ? 3_000 : 60_000;
    let recoveredMs = 0;
    let cpuPercent = 0;
    return underLoad(context, folder(directory, 'stops'), {
      tried: 'immediate stops',
      ownCluster: {},
      world: { sizes: 'mixed', endpoints: [{ profile: 'plain', concurrency: CONCURRENCY }, { profile: 'rough' }] },
      gateways: [['capture', 'deliver', 'api'], ['deliver']],
      // The sender waits as the refusals ask. Thousands of retries twice a second would be a case of overload.
      sending: { retryMs: RETRY_AFTER_MS },
      // Deliveries in flight, and results that could not be written before another process took over.
      duplicatesAllowed: (stops + 1) * CONCURRENCY * 2,
      async disturb({ world, cluster, gateways: [front] }) {
        for (let stop = 0; stop <= stops; stop++) {
          const how: DatabaseEnd = stop % 4 === 3 ? 'kill' : 'immediate';
          await sleep(300 + next() * 1_500);
          await cluster.end(how);
          // The last one is an outage.
          const before = await front!.report();
          const awayFrom = Date.now();
          await sleep(stop === stops ? outageMs : next() * 1_000);
          cpuPercent = Math.round(((await front!.report()).cpuMs - before.cpuMs) / ((Date.now() - awayFrom) / 100));
          await cluster.start();
          const upAt = Date.now();
          const acknowledged = (await world.sender.report()).acknowledged;
          await until('acknowledgements after the database is up', 30_000, async () =>
            (await world.sender.report()).acknowledged > acknowledged + 5 ? true : undefined,
          );
          recoveredMs = Math.max(recoveredMs, Date.now() - upAt);
          if (stop % 5 === 4) say(`${stop + 1} stops`);
        }
        return {
          times: stops + 1,
          figures: { recoveredMs, outageSeconds: outageMs / 1000, cpuPercentDuringOutage: cpuPercent },
          failures: [
            ...(recoveredMs > RECOVER_MS ? [`recovered only after ${recoveredMs} ms`] : []),
            ...(cpuPercent > CPU_PERCENT[quick ? 'quick' : 'long']
              ? [`${cpuPercent} % of a core while the database was away`]
              : []),
          ],
        };
      },
      expect: ({ tries }) => (tries['503'] ? [] : ['no answer was 503 while the database was away']),
    });
  },
};

const KINDS = ['capture', 'settle', 'lease', 'management', 'listen'];

/** Acceptance case CRA-07: the server ends single connections, of each kind. */
export const backends: Scenario = {
  name: 'backends',
  title: 'Connections to the database are terminated, of each kind',
  async run(context) {
    const each = context.quick ? 8 : 100;
    return underLoad(context, folder(context.directory, 'backends'), {
      tried: 'terminated connections',
      gateways: [['capture', 'deliver', 'api'], ['deliver']],
      duplicatesAllowed: 0,
      async disturb({ world, gateways }) {
        let times = 0;
        for (let round = 0; round < each; round++) {
          // Makes sure that there is a connection of every kind.
          for (const gateway of gateways)
            await world.ask(gateway, 'GET', '/api/v1/events?limit=1').catch(() => undefined);
          for (const kind of KINDS) {
            const ended = await until(`a connection for ${kind}`, 10_000, async () => {
              const [row] = await world.installation.rows<{ ended: number }>(TERMINATE, [`paggio ${kind}`]);
              return row && row.ended > 0 ? row.ended : undefined;
            });
            times += ended;
          }
          await sleep(30);
        }
        // A process that listens again learns of the next change.
        await until('LISTEN on every process again', 10_000, async () => {
          const [row] = await world.installation.rows<{ count: number }>(LISTENING);
          return row?.count === gateways.length ? true : undefined;
        });
        return { times, figures: { roundsOfEachKind: each } };
      },
    });
  },
};

const TERMINATE = `
  select count(*) filter (where pg_terminate_backend(pid))::int as ended from pg_stat_activity
  where datname = current_database() and application_name = $1`;
// A connection sends hints only after it has begun to listen.
const LISTENING = `
  select count(*)::int as count from pg_stat_activity
  where datname = current_database() and application_name = 'paggio listen' and (query ilike 'listen%' or query ilike '%pg_notify%')`;
