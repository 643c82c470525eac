import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { folder } from '../world';
import { underLoad, until } from './under-load';

const READERS = 100;
const MAX_CONNECTIONS = 40;

/** Acceptance case CRA-14: connections are scarce, because readers hold them or because the server has no more. */
export const pools: Scenario = {
  name: 'pools',
  title: 'A hundred slow searches at once; a database without free connections',
  async run(context) {
    return sum('scarce connections', [await slowReaders(context), await noConnections(context)]);
  },
};

function slowReaders(context: ScenarioContext): Promise<ScenarioResult> {
  const seconds = context.quick ? 4 : 60;
  return underLoad(context, folder(context.directory, 'readers'), {
    tried: `${READERS} searches at once`,
    gateways: [['capture', 'deliver', 'api']],
    world: { sizes: 'mixed' },
    duplicatesAllowed: 0,
    async disturb({ world, gateways: [gateway] }) {
      // Node accepts one connection in each turn of its event loop. The sender's connections must not wait for a
      // hundred others on a process that has just started: this scenario is not about a burst of connections.
      await until('acknowledgements before the searches', 20_000, async () =>
        (await world.sender.report()).acknowledged > 100 ? true : undefined,
      );
      const endAt = Date.now() + seconds * 1000;
      let searches = 0;
      const reader = async (number: number): Promise<void> => {
        while (Date.now() < endAt) {
          // The text is nowhere, so every body is searched.
          await world.ask(gateway!, 'GET', `/api/v1/events?q=nowhere-${number}`).catch(() => undefined);
          searches++;
        }
      };
      await Promise.all(Array.from({ length: READERS }, (_, number) => reader(number)));
      return { times: READERS, figures: { searches } };
    },
    expect: ({ latency }) => (latency.p99Ms > 1_000 ? [`p99 of acknowledgements was ${latency.p99Ms} ms`] : []),
  });
}

function noConnections(context: ScenarioContext): Promise<ScenarioResult> {
  return underLoad(context, folder(context.directory, 'connections'), {
    tried: 'no free connection',
    ownCluster: { max_connections: String(MAX_CONNECTIONS), superuser_reserved_connections: '3' },
    gateways: [['capture', 'deliver', 'api']],
    duplicatesAllowed: 16,
    async disturb({ world, cluster }) {
      await sleep(1_000);
      const held = await takeAll(cluster.url);
      // The gateway's connections are ended, and the ledger takes every connection that becomes free.
      for (let round = 0; round < 20; round++) {
        await held[0]?.query(TERMINATE);
        held.push(...(await takeAll(cluster.url)));
        await sleep(50);
      }
      await until('answers of 503', 30_000, async () =>
        ((await world.sender.report()).tries['503'] ?? 0) > 20 ? true : undefined,
      );
      const before = (await world.sender.report()).acknowledged;
      await Promise.all(held.map((client) => client.end().catch(() => undefined)));
      await until('acknowledgements with free connections', 20_000, async () =>
        (await world.sender.report()).acknowledged > before + 20 ? true : undefined,
      );
      return { times: 1, figures: { connectionsHeld: held.length } };
    },
  });
}

const TERMINATE = `
  select pg_terminate_backend(pid) from pg_stat_activity
  where application_name like 'paggio %'`;

/** Connects until the server refuses. */
async function takeAll(url: string): Promise<Client[]> {
  const held: Client[] = [];
  for (;;) {
    const client = new Client({
      connectionString: url,
      application_name: 'ledger hold',
      connectionTimeoutMillis: 3_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      held.push(client);
    } catch {
      return held;
    }
  }
}
