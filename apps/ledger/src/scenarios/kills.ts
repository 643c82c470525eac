import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../checker';
import type { Gateway } from '../gateway/gateway';
import { judgeAfter, type Life } from '../life';
import { judge, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { random } from '../seed';
import { World } from '../world';

const CONCURRENCY = 16;
export const killEndpoints = (['plain', 'plain', 'rough', 'rough'] as const).map((profile) => ({
  profile,
  concurrency: CONCURRENCY,
}));

/** A fixed number of messages, so that a machine that starts processes slowly does not get more load. */
const BRIEF_LOAD = { count: 80, pace: { ratePerSecond: 40 }, retryMs: 500 };
/** The kill comes in the first half of the load. */
const BRIEF_PAUSE_MS = 600;
/** Longer than a delivery to a rough destination takes, with its timeout of two seconds. */
const LAST_DELIVERY_MS = 2_500;

/** Acceptance case CRA-02: processes of every kind are killed at random, under load, with retries and replays. */
export const kills: Scenario = {
  name: 'kills',
  title: 'Processes are killed (`kill -9`) at random under load, retries and replays',
  run: (context) => (context.brief ? context.brief.life.use((life) => killOneOfTwo(life, context)) : killMany(context)),
};

async function killMany({ quick, seed, directory, cluster, say }: ScenarioContext): Promise<ScenarioResult> {
  const next = random(seed);
  const world = await World.open({
    directory,
    clusterUrl: cluster.url,
    seed,
    sizes: 'mixed',
    endpoints: killEndpoints,
  });
  try {
    const fronts = [await world.gateway(['capture', 'deliver', 'api']), await world.gateway(['capture', 'api'])];
    const workers = [await world.gateway(['deliver']), await world.gateway(['deliver'])];
    const all = [...fronts, ...workers];
    const times = quick ? 8 : 200;
    await startAll(all);
    world.sender.begin(world.order(fronts, { pace: { ratePerSecond: quick ? 100 : 200 } }));
    const replays = new Replayer(world, fronts, next);
    const replaying = replays.run();
    let killedWorkers = 0;
    for (let kill = 0; kill < times; kill++) {
      await sleep(quick ? 200 + next() * 600 : 300 + next() * 1_800);
      const gateway = all[Math.floor(next() * all.length)] as Gateway;
      if (gateway !== fronts[1]) killedWorkers++;
      await gateway.kill();
      await gateway.start();
      if (kill % 50 === 49) say(`${kill + 1} kills`);
    }
    const killedAt = Date.now();
    const { sent, tries } = await world.sender.stop();
    replays.stop();
    await replaying;
    if (quick) {
      // The long mode waits until leases run out by themselves.
      await Promise.all(all.map((gateway) => gateway.kill()));
      await world.passLeases();
      await startAll(all);
    }
    const healedMs = await heal(world, replays, killedAt);
    const verdict = await world.check(fronts[0] as Gateway, sent);
    const mayRepeat = killedWorkers + (quick ? workers.length + 1 : 0);
    return judgeKills(verdict, { times, mayRepeat, healedMs, replays, sent, tries });
  } finally {
    await world.close();
  }
}

/** The process that has run so far is killed, and a second one goes on: it takes over, and is that of the next scenario. */
async function killOneOfTwo(life: Life, { seed }: ScenarioContext): Promise<ScenarioResult> {
  const { gateway: victim, world } = life;
  const heir = await world.gateway();
  await heir.start({ instrumented: true });
  world.sender.begin(
    world.order([victim, heir], { from: life.next, paths: world.installation.paths.slice(1), ...BRIEF_LOAD }),
  );
  const replays = new Replayer(world, [heir], random(seed));
  const replaying = replays.run();
  await sleep(BRIEF_PAUSE_MS);
  await victim.kill();
  life.gateway = heir;
  const killedAt = new Date();
  const { next, sent, tries } = await world.sender.end();
  replays.stop();
  await replaying;
  // The leases of the heir's own deliveries from before the kill have ended by then. The others are those of the victim.
  await sleep(LAST_DELIVERY_MS - (Date.now() - killedAt.getTime()));
  await world.passLeases(killedAt);
  const healedMs = await heal(world, replays, killedAt.getTime());
  const verdict = await judgeAfter(life, next);
  return judgeKills(verdict, { times: 1, mayRepeat: 2, healedMs, replays, sent, tries });
}

/** Waits until everything has ended. @returns how long it took until the destinations had everything */
async function heal(world: World, replays: Replayer, killedAt: number): Promise<number> {
  await world.healed(120_000);
  const healedMs = Date.now() - killedAt;
  await world.settled(300_000);
  await replays.finished();
  return healedMs;
}

interface Killed {
  times: number;
  /** How many processes were killed while they delivered. */
  mayRepeat: number;
  healedMs: number;
  replays: Replayer;
  sent: number;
  tries: Record<string, number>;
}

function judgeKills(verdict: Verdict, { times, mayRepeat, healedMs, replays, sent, tries }: Killed): ScenarioResult {
  const duplicatesAllowed = mayRepeat * CONCURRENCY * killEndpoints.length;
  const result = judge(verdict, { tried: 'random kills', times, healedMs, duplicatesAllowed });
  result.failures.push(...replays.failures);
  Object.assign(result.figures, {
    sent,
    tries: JSON.stringify(tries),
    replays: replays.made,
    duplicatesPerKill: (verdict.duplicates / mayRepeat).toFixed(2),
  });
  return result;
}

function startAll(gateways: readonly Gateway[]): Promise<unknown> {
  return Promise.all(gateways.map((gateway) => gateway.start()));
}

interface Replay {
  id: string;
  status: string;
  matched: number;
  created: number;
  skipped: number;
}

/** Asks randomly chosen fronts for single and bulk replays. */
class Replayer {
  made = 0;
  readonly failures: string[] = [];
  private readonly bulk: string[] = [];
  private stopped = false;

  constructor(
    private readonly world: World,
    private readonly fronts: readonly Gateway[],
    private readonly next: () => number,
  ) {}

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    for (let round = 0; !this.stopped; round++) {
      await sleep(200);
      const front = this.fronts[Math.floor(this.next() * this.fronts.length)] as Gateway;
      // A front that is dying promises nothing, so its errors do not count.
      await (round % 25 === 24 ? this.many(front) : this.one(front)).catch(() => undefined);
    }
  }

  /** Waits for the bulk replays, and checks that they left nothing out. */
  async finished(): Promise<void> {
    const [front] = this.fronts as [Gateway];
    for (const id of this.bulk) {
      for (let waited = 0; ; waited++) {
        const replay = await this.world.ask<Replay>(front, 'GET', `/api/v1/replays/${id}`);
        if (replay.status === 'running' && waited < 600) {
          await sleep(100);
          continue;
        }
        // An event that is stored during the count matches later, so there may be more than were counted.
        if (replay.status !== 'completed' || replay.created + replay.skipped < replay.matched)
          this.failures.push(`bulk replay ${JSON.stringify(replay)}`);
        break;
      }
    }
  }

  private async one(front: Gateway): Promise<void> {
    const { data } = await this.world.ask<{ data: { id: string }[] }>(front, 'GET', '/api/v1/events?limit=20');
    const event = data[Math.floor(this.next() * data.length)];
    if (!event) return;
    const { id } = await this.world.ask<{ id: string }>(front, 'POST', `/api/v1/events/${event.id}/replay`);
    this.world.promise(id);
    this.made++;
  }

  private async many(front: Gateway): Promise<void> {
    const since = new Date(Date.now() - 3_000).toISOString();
    const until = new Date(Date.now() - 2_500).toISOString();
    const filter = { source: 'github', since, until };
    const { id } = await this.world.ask<Replay>(front, 'POST', '/api/v1/replays', { filter });
    this.bulk.push(id);
    this.made++;
  }
}
