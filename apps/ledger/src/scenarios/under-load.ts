import type { PaggioOptions, Role } from '@paggio/core';
import type { Cluster } from '../cluster';
import type { Gateway } from '../gateway/gateway';
import type { SendOrder, SendReport } from '../sender/send-order';
import { judge, type ScenarioContext, type ScenarioResult } from '../scenario';
import { World, type WorldSettings } from '../world';

/** A gateway must have delivered everything within this, from the end of the disturbance on. */
const HEAL_MS = 60_000;

export interface Disturbed {
  world: World;
  gateways: readonly Gateway[];
  /** The run's own server if it asked for one, else the shared server. */
  cluster: Cluster;
}

export interface Plan {
  tried: string;
  /** Settings of a database server of its own, which the run may end. */
  ownCluster?: Readonly<Record<string, string>>;
  world?: Partial<WorldSettings>;
  gateways: readonly (readonly Role[])[];
  options?: Partial<PaggioOptions>;
  /** Whether the clocks of the processes can be set. */
  instrumented?: boolean;
  /** Time zones of the processes, in turn. */
  timezones?: readonly string[];
  /** Options of Node itself, for every process. */
  nodeArguments?: readonly string[];
  /** How the gateways reach the database. Default: directly. */
  way?: (databaseUrl: string) => string;
  ratePerSecond?: number;
  /** Messages are first sent for this long. They are checked, but their times are not judged. Default: 0. */
  warmUpSeconds?: number;
  /** How messages are sent, if not as usual. */
  sending?: Partial<SendOrder>;
  /** The most duplicates. Deliveries that were in flight when something ended may come again. */
  duplicatesAllowed: number;
  /** The longest time until everything is delivered, from the end of `disturb` on. Default: a minute. */
  healMs?: number;
  /** Disturbs the run while messages are sent. @returns how often it did, further figures, and what did not hold */
  disturb: (on: Disturbed) => Promise<{
    times: number;
    figures?: Record<string, number | string>;
    failures?: string[];
  }>;
  /** Judges what the sender saw. @returns what did not hold */
  expect?: (report: SendReport) => string[];
}

/** Sends messages, disturbs the run at the same time, waits until everything has ended, and checks the ledger. */
export async function underLoad(context: ScenarioContext, directory: string, plan: Plan): Promise<ScenarioResult> {
  const { seed } = context;
  const own =
    plan.ownCluster === undefined ? undefined : await context.cluster.beside(`${directory}-cluster`, plan.ownCluster);
  const cluster = own ?? context.cluster;
  const world = await World.open({ directory, clusterUrl: cluster.url, seed, ...plan.world });
  try {
    const { databaseUrl } = world.installation;
    const gateways = await Promise.all(
      plan.gateways.map((roles) => world.gateway(roles, plan.options, plan.way?.(databaseUrl))),
    );
    await Promise.all(
      gateways.map((gateway, index) =>
        gateway.start({
          instrumented: plan.instrumented ?? false,
          timezone: plan.timezones?.[index % plan.timezones.length],
          nodeArguments: plan.nodeArguments,
        }),
      ),
    );
    const fronts = gateways.filter((_gateway, index) => plan.gateways[index]?.includes('capture'));
    const { ratePerSecond = 100, warmUpSeconds = 0 } = plan;
    const sending = { pace: { ratePerSecond }, ...plan.sending };
    const warmUp = { ...sending, count: ratePerSecond * warmUpSeconds };
    const from = warmUpSeconds === 0 ? 0 : (await world.sender.send(world.order(fronts, warmUp))).next;
    world.sender.begin(world.order(fronts, { ...sending, from }));
    const { times, figures = {}, failures = [] } = await plan.disturb({ world, gateways, cluster });
    const endedAt = Date.now();
    const report = await world.sender.stop();
    const healMs = plan.healMs ?? HEAL_MS;
    await world.healed(healMs * 3);
    const healedMs = Date.now() - endedAt;
    await world.settled(300_000);
    const verdict = await world.check(fronts[0] as Gateway, report.next);
    const { tried, duplicatesAllowed } = plan;
    const result = judge(verdict, { tried, times, healedMs, duplicatesAllowed });
    result.failures.push(...failures, ...(plan.expect?.(report) ?? []));
    if (healedMs > healMs) result.failures.push(`well again only after ${Math.round(healedMs / 1000)} s`);
    if (report.retryAfter.missing > 0)
      result.failures.push(`${report.retryAfter.missing} refusals without Retry-After`);
    if (report.tries['500']) result.failures.push(`${report.tries['500']} answers of 500`);
    gateways.forEach((gateway, index) => {
      if (!gateway.isAlive) result.failures.push(`process ${index + 1} has ended`);
    });
    const answers = Object.entries(report.tries).map(([code, count]) => `${code}: ${count}`);
    const { longestMs, latency } = report;
    Object.assign(
      result.figures,
      {
        answers: answers.join(', '),
        acknowledgements: `p50 ${latency.p50Ms} ms, p99 ${latency.p99Ms} ms, p99.9 ${latency.p999Ms} ms`,
        longestAnswerMs: Math.round(longestMs),
      },
      figures,
    );
    return result;
  } finally {
    await world.close();
    await own?.stop();
  }
}

/** Resolves with the first answer that is not undefined. @throws after the deadline */
export async function until<T>(what: string, deadlineMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${deadlineMs / 1000} s`);
    await new Promise((done) => setTimeout(done, 25));
  }
}
