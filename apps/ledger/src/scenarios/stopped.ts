import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../gateway/gateway';
import { judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { folder, World } from '../world';
import { inTurns } from './in-turns';

const LEASE_SECONDS = 30;
const CONCURRENCY = 8;
/** Other processes must answer within this while one is stopped, whatever locks it holds. */
const ANSWER_MS = 12_000;
const LOOK_MS = 5_000;

/** Where a process is stopped: anywhere, or while it holds locks in the database. */
const places = [null, 'index.advanced', 'replay.queued', 'replay.copied', 'claim.leased', 'attempt.finished'];

export const stoppedAt = places.filter((place) => place !== null);

/** Acceptance case CRA-03: a process is stopped for three leases, and goes on as if nothing had happened. */
export const stopped: Scenario = {
  name: 'stopped',
  title: 'A process stands still (`SIGSTOP`) for three leases and wakes up again',
  async run(context) {
    const chosen = context.quick ? places.slice(0, 2) : places;
    return sum('stopped', await inTurns(chosen, 3, (place) => standStill(place, context)));
  },
};

async function standStill(place: string | null, context: ScenarioContext): Promise<ScenarioResult> {
  const { cluster, directory, quick, seed } = context;
  const seconds = quick ? LEASE_SECONDS + 4 : LEASE_SECONDS * 3;
  const tried = place ?? 'anywhere';
  const world = await World.open({
    directory: folder(directory, tried),
    clusterUrl: cluster.url,
    seed,
    endpoints: [{ profile: 'plain', concurrency: CONCURRENCY }],
  });
  try {
    const front = await world.gateway(['capture', 'api']);
    const still = await world.gateway();
    const other = await world.gateway(['deliver']);
    const failpoint = place === null ? undefined : ({ name: place, pass: 2, afterMs: 0, signal: 'SIGSTOP' } as const);
    await Promise.all([front.start(), still.start({ failpoint }), other.start()]);
    world.sender.begin(world.order([front], { pace: { ratePerSecond: 40 } }));
    const replaying = new AbortController();
    const asking = ask(world, still, replaying.signal);
    await sleep(1_000);
    if (place === null) still.signal('SIGSTOP');
    const stoppedAt = Date.now();
    let slowestMs = 0;
    let unrecorded: number | undefined;
    while (Date.now() - stoppedAt < seconds * 1000) {
      const askedAt = Date.now();
      await world.ask(front, 'GET', '/api/v1/events?limit=1&status=pending').catch(() => (slowestMs = ANSWER_MS + 1));
      slowestMs = Math.max(slowestMs, Date.now() - askedAt);
      await sleep(500);
      // By now the process has stopped at its place, and no lease has run out.
      if (Date.now() - stoppedAt > LOOK_MS) unrecorded ??= await world.unrecorded();
    }
    replaying.abort();
    still.signal('SIGCONT');
    await sleep(1_000);
    const { sent, longestMs } = await world.sender.stop();
    await asking;
    await world.settled(60_000);
    const healedMs = Date.now() - stoppedAt - seconds * 1000;
    const verdict = await world.check(front, sent);
    // Events that were answered but not recorded come again, like events in flight.
    const duplicatesAllowed = CONCURRENCY + (unrecorded ?? 0);
    const result = judge(verdict, { tried, times: 1, healedMs, duplicatesAllowed });
    if (slowestMs > ANSWER_MS) result.failures.push(`another process did not answer for ${slowestMs} ms`);
    if (longestMs > ANSWER_MS) result.failures.push(`a sender waited ${Math.round(longestMs)} ms`);
    if (!still.isAlive) result.failures.push('the process ended when it woke up');
    result.figures['slowestAnswerMs'] = slowestMs;
    return result;
  } finally {
    await world.close();
  }
}

/** Asks the process that will be stopped for single and bulk replays. */
async function ask(world: World, gateway: Gateway, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(200);
    try {
      const { data } = await world.ask<{ data: { id: string }[] }>(gateway, 'GET', '/api/v1/events?limit=1');
      if (!data[0]) continue;
      const { id } = await world.ask<{ id: string }>(gateway, 'POST', `/api/v1/events/${data[0].id}/replay`);
      world.promise(id);
      const filter = { since: new Date(Date.now() - 500).toISOString(), source: 'github' };
      await world.ask(gateway, 'POST', '/api/v1/replays', { filter });
    } catch {
      // The process is stopped.
    }
  }
}
