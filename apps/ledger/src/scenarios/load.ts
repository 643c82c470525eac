import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../gateway/gateway';
import { ONCE, type SendOrder, type SendReport } from '../sender/send-order';
import { random } from '../seed';
import { TcpProxy } from '../faults/tcp-proxy';
import { judge, type Scenario, type ScenarioResult } from '../scenario';
import { World } from '../world';

/** The machine cannot keep up with a rate if acknowledgements take longer than this (p99), or some are refused. */
const KNEE_P99_MS = 250;
/** Nor if, at the end, more events wait for their delivery than arrive in this time. */
const KNEE_WAITING_MS = 1_000;
const FIRST_RATE = 200;
const STEP = 1.25;
const STEADY_PART = 0.7;
/** The most connections that a process opens. */
const CONNECTIONS = 11;
/** Overload: this many events per second are sent over a narrow connection to the database. */
const OVERLOAD_RATE = 1_000;
const NARROW_BYTES = 150_000;
/** A burst is twenty times the load before it, and more than the machine can keep up with. */
const BURST = 20;
const BURST_PART = 1.5;

interface Lengths {
  stepMs: number;
  overloadMs: number;
  steadyMs: number;
  burstMs: number;
}

const lengths = (quick: boolean): Lengths =>
  quick
    ? { stepMs: 2_000, overloadMs: 4_000, steadyMs: 8_000, burstMs: 4_000 }
    : { stepMs: 15_000, overloadMs: 60_000, steadyMs: 3_600_000, burstMs: 30_000 };

/** Acceptance cases LOA-01, LOA-02, LOA-03 and LOA-10: load up to the knee, overload, a steady load, and a burst. */
export const load: Scenario = {
  name: 'load',
  title: 'A steady open-loop load at 70 % of what the machine takes; overload; a burst of twenty times the load',
  async run({ quick, seed, directory, cluster: shared, say }) {
    const { stepMs, overloadMs, steadyMs, burstMs } = lengths(quick);
    const cluster = await shared.beside(`${directory}-cluster`);
    const world = await World.open({
      directory,
      clusterUrl: cluster.url,
      seed,
      endpoints: [{ profile: 'plain' }],
    });
    try {
      const gateway = await world.gateway();
      await gateway.start();
      const failures: string[] = [];
      let from = 0;
      const send = async (ratePerSecond: number, ms: number, more: Partial<SendOrder> = {}): Promise<SendReport> => {
        const count = Math.round((ratePerSecond * ms) / 1000);
        const report = await world.sender.send(
          world.order([gateway], { from, count, pace: { ratePerSecond }, ...more }),
        );
        from = report.next;
        return report;
      };
      await send(FIRST_RATE, 2_000);

      let knee = FIRST_RATE;
      const holds = async (rate: number): Promise<boolean> => {
        const { latency, sent, acknowledged } = await send(rate, stepMs, ONCE);
        const waiting = await pending(world);
        await world.settled(60_000);
        return latency.p99Ms <= KNEE_P99_MS && acknowledged === sent && waiting <= (rate * KNEE_WAITING_MS) / 1000;
      };
      // A pause of the machine is not the knee: the same rate has to fail twice.
      for (let rate = FIRST_RATE; rate < 20_000 && ((await holds(rate)) || (await holds(rate))); rate *= STEP)
        knee = rate;
      say(`knee at ${Math.round(knee)} events/s`);

      // On one machine, the sender slows down with the gateway. So the connection to the database is narrowed instead.
      const proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port }, random(seed));
      const narrow = await world.gateway(undefined, {}, proxy.through(world.installation.databaseUrl));
      await narrow.start();
      await send(FIRST_RATE, 1_000, { bases: [narrow.base] });
      proxy.fault = { bytesPerSecond: NARROW_BYTES };
      const over = await send(OVERLOAD_RATE, overloadMs, { ...ONCE, bases: [narrow.base] });
      const memoryMb = Math.round((await narrow.report()).rssBytes / 1e6);
      const { 200: taken = 0, 503: refused = 0, ...others } = over.tries;
      if (refused === 0) failures.push('nothing was refused under overload');
      if (Object.keys(others).length > 0) failures.push(`overload was answered with ${JSON.stringify(over.tries)}`);
      if (over.retryAfter.missing > 0) failures.push(`${over.retryAfter.missing} refusals without Retry-After`);
      if (over.longestMs > 10_000) failures.push(`an answer took ${Math.round(over.longestMs)} ms under overload`);
      const overAt = Date.now();
      proxy.fault = {};
      let recoveredMs = 0;
      for (;;) {
        const { latency, acknowledged, sent } = await send(FIRST_RATE, 1_000, { ...ONCE, bases: [narrow.base] });
        recoveredMs = Date.now() - overAt;
        if (latency.p99Ms < KNEE_P99_MS && acknowledged === sent) break;
        if (recoveredMs > 60_000) {
          failures.push('it did not recover from overload within a minute');
          break;
        }
      }

      await narrow.stop();
      await proxy.stop();

      const watch = new Watch(world, gateway, quick ? 500 : 10_000);
      const steady = await send(knee * STEADY_PART, steadyMs);
      const memory = await watch.end();
      await world.settled(60_000);
      if (steady.latency.p99Ms > KNEE_P99_MS) failures.push(`p99 was ${steady.latency.p99Ms} ms at 70 % of the knee`);
      if (!quick && memory.slopeMbPerHour > 10) failures.push(`memory grew by ${memory.slopeMbPerHour} MB per hour`);
      if (Math.max(...memory.connections) > CONNECTIONS) failures.push(`connections: ${memory.connections.join(', ')}`);

      const calm = (knee * BURST_PART) / BURST;
      await send(calm, burstMs);
      const burst = await send(calm * BURST, burstMs);
      const left = await pending(world);
      const drainFrom = Date.now();
      await world.settled(120_000);
      // A handful of deliveries does not show how fast they were.
      const drainedPerSecond = Math.round((left * 1000) / (Date.now() - drainFrom));
      if (left > calm && drainedPerSecond < calm)
        failures.push(`a burst left ${left}, drained at ${drainedPerSecond}/s`);
      if (burst.gaveUp > 0) failures.push(`${burst.gaveUp} messages of a burst were never taken`);

      const verdict = await world.check(gateway, from);
      const result = judge(verdict, { tried: 'load', times: 1, healedMs: recoveredMs, duplicatesAllowed: 0 });
      result.failures.push(...failures);
      Object.assign(result.figures, {
        kneePerSecond: Math.round(knee),
        overload: `${OVERLOAD_RATE}/s offered, ${Math.round(taken / (overloadMs / 1000))}/s taken, ${refused} refused; answers p99 ${over.latency.p99Ms} ms, refusals p50 ${over.refusal.p50Ms} ms, longest ${Math.round(over.longestMs)} ms, ${memoryMb} MB`,
        retryAfterSeconds: `${over.retryAfter.min}-${over.retryAfter.max}`,
        steady: `${Math.round(knee * STEADY_PART)}/s for ${steadyMs / 1000} s: p50 ${steady.latency.p50Ms} ms, p99 ${steady.latency.p99Ms} ms, p99.9 ${steady.latency.p999Ms} ms`,
        burst: `${Math.round(calm * BURST)}/s for ${burstMs / 1000} s: p99 ${burst.latency.p99Ms} ms, ${left} waited at its end, drained at ${drainedPerSecond}/s`,
        ...memory.figures,
      });
      return result;
    } finally {
      await world.close();
      await cluster.stop();
    }
  },
};

interface Sample {
  atMs: number;
  rssMb: number;
  waiting: number;
  deadTuples: number;
  connections: number;
}

/** Takes samples of a process and its tables while they work. */
class Watch {
  private readonly samples: Sample[] = [];
  private over = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly world: World,
    private readonly gateway: Gateway,
    everyMs: number,
  ) {
    this.running = this.run(everyMs);
  }

  async end(): Promise<{ slopeMbPerHour: number; connections: number[]; figures: ScenarioResult['figures'] }> {
    this.over = true;
    await this.running;
    // During the first third, caches fill and the compiler works.
    const later = this.samples.slice(Math.floor(this.samples.length / 3));
    const slopeMbPerHour = Math.round(slope(later) * 3_600_000 * 10) / 10;
    const dead = this.samples.map(({ deadTuples }) => deadTuples);
    const rss = this.samples.map(({ rssMb }) => rssMb);
    return {
      slopeMbPerHour,
      connections: [...new Set(later.map(({ connections }) => connections))],
      figures: {
        rssMb: `${Math.min(...rss)}-${Math.max(...rss)}`,
        // Over a few minutes the slope says nothing.
        ...(later.length > 100 ? { rssSlopeMbPerHour: slopeMbPerHour } : {}),
        waitingAtMost: Math.max(...this.samples.map(({ waiting }) => waiting)),
        deadTuplesAtMost: Math.max(...dead),
        deadTuplesAtTheEnd: dead.at(-1) ?? 0,
        connections: later.at(-1)?.connections ?? 0,
      },
    };
  }

  private async run(everyMs: number): Promise<void> {
    while (!this.over) {
      const { rssBytes } = await this.gateway.report();
      const [row] = await this.world.installation.rows<{ pending: number; dead: number; connections: number }>(STATE);
      this.samples.push({
        atMs: Date.now(),
        rssMb: Math.round(rssBytes / 1e6),
        waiting: row?.pending ?? 0,
        deadTuples: row?.dead ?? 0,
        connections: row?.connections ?? 0,
      });
      await sleep(everyMs);
    }
  }
}

async function pending(world: World): Promise<number> {
  const [row] = await world.installation.rows<{ pending: number }>(PENDING);
  return row?.pending ?? 0;
}

const PENDING = `select count(*)::int as pending from paggio.deliveries where state = 'pending'`;

const STATE = `
  select (${PENDING}) as pending,
    (select sum(n_dead_tup)::int from pg_stat_user_tables where schemaname = 'paggio') as dead,
    (select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'paggio %') as connections`;

/** Megabytes per millisecond, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const at = mean(({ atMs }) => atMs);
  const rss = mean(({ rssMb }) => rssMb);
  const spread = samples.reduce((sum, { atMs }) => sum + (atMs - at) ** 2, 0);
  return spread === 0 ? 0 : samples.reduce((sum, { atMs, rssMb }) => sum + (atMs - at) * (rssMb - rss), 0) / spread;
}
