import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '../gateway/failpoints';
import type { Gateway } from '../gateway/gateway';
import type { Sizes } from '../message';
import type { Hold } from '../recorder/recorder-order';
import { begin, judgeAfter, type Life, type SharedLife } from '../life';
import { broken, judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { folder, type World } from '../world';

/** Everything must work again within this. */
const HEAL_MS = 60_000;
/** Long enough for a busy machine; a process that has not died by then never will. */
const DEATH_MS = 120_000;
const MESSAGES = 16;
const CONCURRENCY = 4;
/** The endpoint that gets the messages. It is the first of its gateway. */
export const deathEndpoint = { profile: 'plain', concurrency: CONCURRENCY } as const;
/** How long each commit takes where a process must die in the middle of one. */
const SLOW_COMMIT_MS = 400;

/** One place where the process dies. */
interface Death {
  /** Its name in the table of results. */
  name: string;
  at: { failpoint: Partial<Failpoint> & { name: string } } | { hold: Hold };
  /** Whether the destination may get an event again, because its acceptance was not recorded. */
  mayRepeat?: boolean;
  /** A table with slow commits, so that the kill comes between a statement and its commit. */
  slowCommitOf?: string;
  /** Whether the connection is also ended during that commit, so that it never happens. */
  endBackend?: boolean;
  /** Default: `MESSAGES`. */
  messages?: number;
  /** Whether the process is restarted first, so that it has no connections yet. */
  anew?: boolean;
  /** Pause between two messages. It is longer than a slow commit, so that nothing else waits for that. */
  pauseMs?: number;
  /** Runs while the messages are sent, and again after the restart. */
  during?: (world: World, gateway: Gateway, since: Date) => Promise<void>;
}

const at = (name: string, more: Partial<Failpoint> = {}): Death['at'] => ({ failpoint: { name, ...more } });

/** Acceptance case CRA-01: a process dies at every step of an event. */
const deaths: readonly Death[] = [
  { name: 'body read', at: at('capture.body_read') },
  {
    name: 'inserted, commit under way',
    at: at('intake.sending', { pass: 3, afterMs: SLOW_COMMIT_MS / 2 }),
    slowCommitOf: 'events',
  },
  {
    name: 'inserted, never committed',
    at: at('intake.sending', { pass: 3, afterMs: SLOW_COMMIT_MS / 2 }),
    slowCommitOf: 'events',
    endBackend: true,
  },
  { name: 'committed, not acknowledged', at: at('intake.committed') },
  { name: 'answer about to be written', at: at('capture.answering') },
  { name: 'claimed', at: at('claim.leased', { pass: 1 }), during: redeliver },
  { name: 'connected', at: at('connector.connected', { pass: 1 }), anew: true },
  { name: 'request about to be sent', at: at('attempt.sending') },
  { name: 'request sent, no response', at: { hold: { point: 'request', after: 6 } }, mayRepeat: true },
  { name: 'response half read', at: { hold: { point: 'half_answer', after: 6 } }, mayRepeat: true },
  { name: 'response read, result not written', at: at('attempt.finished'), mayRepeat: true },
  {
    name: 'result written, commit under way',
    at: at('settle.sending', { pass: 2, afterMs: SLOW_COMMIT_MS / 2 }),
    slowCommitOf: 'attempts',
    pauseMs: SLOW_COMMIT_MS * 2,
  },
  {
    name: 'result written, never committed',
    at: at('settle.sending', { pass: 2, afterMs: SLOW_COMMIT_MS / 2 }),
    slowCommitOf: 'attempts',
    pauseMs: SLOW_COMMIT_MS * 2,
    endBackend: true,
    mayRepeat: true,
  },
  { name: 'result committed', at: at('settle.committed') },
  { name: 'one replay made, not committed', at: at('replay.copied', { pass: 2 }), during: redeliver },
  { name: 'one replay committed', at: at('replay.committed', { pass: 2 }), during: redeliver },
  { name: 'bulk replay queued, not committed', at: at('replay.queued', { pass: 1 }), during: bulkReplay },
  { name: 'bulk replay committed', at: at('replay.stepped', { pass: 1 }), during: bulkReplay },
  {
    name: 'bulk replay cancelled, its events still pending',
    at: at('replay.cancelled', { pass: 1 }),
    during: cancelledReplay,
  },
  { name: 'index of events half way', at: at('index.advanced', { pass: 2 }) },
];

/** The messages are larger than the buffers of a socket, so that a request can be half written. */
const halfWritten = (messages: number): Death => ({
  name: 'request half written',
  at: { hold: { point: 'head', after: messages / 2 - 1 } },
  messages,
});
const LARGE_BYTES = 12_000_000;

/** The names of all failpoints that the deaths use. */
export const usedFailpoints = deaths.flatMap(({ at: place }) => ('failpoint' in place ? [place.failpoint.name] : []));

export const failpoints: Scenario = {
  name: 'failpoints',
  title: 'A process is killed (`kill -9`) at each step of an event',
  async run(context) {
    const { brief, seed } = context;
    const large = halfWritten(brief ? 4 : 8);
    const all = [...deaths, large];
    // The brief mode takes one death. The seed decides which, so every death has its turn.
    const chosen = brief ? all.filter((_death, index) => index === seed % all.length) : all;
    const left = chosen.filter((death) => death !== large).values();
    const results = await Promise.all([
      ...(chosen.includes(large) ? [oneByOne([large], 'large', LARGE_BYTES, context)] : []),
      ...(brief
        ? [inSharedLife(left, brief.life, context)]
        : ['first', 'second', 'third'].map((name) => oneByOne(left, name, 'mixed', context))),
    ]);
    const tried = brief ? 'killed at one of the steps' : 'killed at each step';
    return { ...sum(tried, results.flat()), figures: { steps: chosen.length } };
  },
};

/** @param left the deaths to die. It may be shared: each caller takes the next one */
async function oneByOne(
  left: Iterable<Death>,
  name: string,
  sizes: Sizes,
  context: ScenarioContext,
): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  let life: Life | undefined;
  for (const death of left) {
    try {
      life ??= await begin({
        directory: folder(context.directory, `${name} ${results.length}`),
        clusterUrl: context.cluster.url,
        seed: context.seed,
        sizes,
        endpoints: [deathEndpoint],
      });
      results.push(await die(death, life, context));
    } catch (error) {
      results.push(broken(death.name, error));
      // The next death must not begin in the state that this one has left.
      await life?.world.close();
      life = undefined;
    }
  }
  await life?.world.close();
  return results;
}

async function inSharedLife(
  deaths: Iterable<Death>,
  shared: SharedLife,
  context: ScenarioContext,
): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const death of deaths) {
    const dying = shared.use((life) => die(death, life, context));
    results.push(await dying.catch((error: unknown) => broken(death.name, error)));
  }
  return results;
}

async function die(death: Death, life: Life, context: ScenarioContext): Promise<ScenarioResult> {
  const { world, gateway } = life;
  const { installation, recorder, sender } = world;
  if (death.anew) {
    await gateway.kill();
    await gateway.start({ instrumented: true });
  }
  if (death.slowCommitOf) await installation.rows(slowCommit(death.slowCommitOf));
  if ('hold' in death.at) void recorder.hold(death.at.hold).then(() => gateway.kill());
  else gateway.arm({ pass: 6, afterMs: 0, signal: 'SIGKILL', ...death.at.failpoint });

  const begunAt = new Date();
  const count = death.messages ?? MESSAGES;
  const pace = { pauseMs: death.pauseMs ?? 25 };
  // Other endpoints may have destinations that refuse.
  sender.begin(world.order([gateway], { from: life.next, count, pace, paths: installation.paths.slice(0, 1) }));
  void death.during?.(world, gateway, begunAt).catch(() => undefined);
  const { signal } = await within(gateway.ended(), DEATH_MS, 'the process did not die');
  const killedAt = Date.now();
  if (signal !== 'SIGKILL') throw new Error(`the process ended with ${signal}`);
  if (death.endBackend) await installation.rows(END_COMMITS);
  await installation.rows(FAST_COMMIT);
  // Events that were answered but not recorded come again, like events in flight.
  const unrecorded = (await world.unrecorded()) - life.verdict.duplicates;
  // The long mode waits until leases run out by themselves.
  if (context.quick) await world.passLeases();
  await gateway.start({ instrumented: true });
  await death.during?.(world, gateway, begunAt);
  const { next } = await sender.end();
  await world.settled(HEAL_MS * 2);
  const healedMs = Date.now() - killedAt;

  const verdict = await judgeAfter(life, next);
  // The other deliveries in flight may come again too. `check` makes sure that recorded ones never do.
  const duplicatesAllowed = CONCURRENCY + unrecorded;
  const result = judge(verdict, { tried: death.name, times: 1, healedMs, duplicatesAllowed });
  if (!death.mayRepeat && verdict.duplicates > 0) context.say(`${death.name}: ${verdict.duplicates} duplicates`);
  if (healedMs > HEAL_MS) result.failures.push(`healed after ${Math.round(healedMs / 1000)} s`);
  if (verdict.delivered !== verdict.acknowledged) result.failures.push('not everything was delivered');
  return result;
}

/** Replays the newest event four times, as a person would. */
async function redeliver(world: World, gateway: Gateway): Promise<void> {
  for (let made = 0; made < 4;) {
    const { data } = await world.ask<{ data: { id: string }[] }>(gateway, 'GET', '/api/v1/events?limit=1');
    if (data[0]) {
      const { id } = await world.ask<{ id: string }>(gateway, 'POST', `/api/v1/events/${data[0].id}/replay`);
      world.promise(id);
      made++;
    }
    await sleep(40);
  }
}

/** Selects the events that have arrived since then. */
function filterOf(since: Date): object {
  return { source: 'github', since: since.toISOString(), until: new Date().toISOString() };
}

async function bulkReplay(world: World, gateway: Gateway, since: Date): Promise<void> {
  await sleep(300);
  const { id } = await world.ask<{ id: string }>(gateway, 'POST', '/api/v1/replays', { filter: filterOf(since) });
  for (;;) {
    const replay = await world.ask<{ status: string; matched: number; created: number; skipped: number }>(
      gateway,
      'GET',
      `/api/v1/replays/${id}`,
    );
    if (replay.status === 'running') {
      await sleep(100);
      continue;
    }
    // An event that is stored during the count matches later, so there may be more than were counted.
    if (replay.created + replay.skipped < replay.matched)
      throw new Error(`a bulk replay of ${replay.matched} events made ${replay.created} and skipped ${replay.skipped}`);
    return;
  }
}

async function cancelledReplay(world: World, gateway: Gateway, since: Date): Promise<void> {
  await sleep(300);
  const filter = filterOf(since);
  const { id } = await world.ask<{ id: string }>(gateway, 'POST', '/api/v1/replays', { filter, rate_per_second: 1 });
  await world.ask(gateway, 'POST', `/api/v1/replays/${id}/cancel`);
}

/** A trigger that waits at the end of a transaction, before its commit. */
function slowCommit(table: string): string {
  return `
    create function paggio.slow_commit() returns trigger language plpgsql as
      $$ begin perform pg_sleep(${SLOW_COMMIT_MS / 1000}); return null; end $$;
    create constraint trigger slow_commit after insert on paggio.${table}
      deferrable initially deferred for each row execute function paggio.slow_commit()`;
}

const FAST_COMMIT = 'drop function if exists paggio.slow_commit cascade';

const END_COMMITS = `
  select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
    and application_name in ('paggio capture', 'paggio settle')`;

async function within<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_done, fail) => (timer = setTimeout(() => fail(new Error(message)), ms)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
