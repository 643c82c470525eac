import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '../gateway/failpoints';
import type { Gateway } from '../gateway/gateway';
import type { Hold } from '../recorder/recorder-order';
import { broken, judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { folder, World } from '../world';
import { inTurns } from './in-turns';

/** Everything is well again within this. */
const HEAL_MS = 60_000;
/** A busy machine takes long; this is for what would never die. */
const DEATH_MS = 120_000;
const MESSAGES = 16;
const CONCURRENCY = 4;
/** How long each commit takes where a process is to die in the middle of one. */
const SLOW_COMMIT_MS = 400;

/** One place to die in. */
interface Death {
  /** Its name in the table of results. */
  name: string;
  at: { failpoint: Partial<Failpoint> & { name: string } } | { hold: Hold };
  /** Whether the destination may see an event again: it had accepted it, and nobody had written that down. */
  mayRepeat?: boolean;
  /** A table whose commits take long, so that a kill comes between a statement and its commit. */
  slowCommitOf?: string;
  /** Whether the connection is ended in the middle of that commit too, so that it never happens. */
  endBackend?: boolean;
  sizes?: number;
  /** Default: `MESSAGES`. */
  messages?: number;
  /** Between two messages; more than a slow commit takes, so that nothing else waits behind it. */
  pauseMs?: number;
  /** What goes on besides the messages. */
  during?: (world: World, gateway: Gateway) => Promise<void>;
}

const at = (name: string, more: Partial<Failpoint> = {}): Death['at'] => ({ failpoint: { name, ...more } });

/** Acceptance case CRA-01: every step of an event's way. */
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
  { name: 'connected', at: at('connector.connected', { pass: 1 }) },
  { name: 'request about to be sent', at: at('attempt.sending') },
  { name: 'request half written', at: { hold: { point: 'head', after: 3 } }, sizes: 12_000_000, messages: 8 },
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

/** The names of the failpoints in them. */
export const usedFailpoints = deaths.flatMap(({ at: place }) => ('failpoint' in place ? [place.failpoint.name] : []));

export const failpoints: Scenario = {
  name: 'failpoints',
  title: 'A process is killed (`kill -9`) at each step of an event',
  async run(context) {
    const results = await inTurns(deaths, 3, (death) => die(death, context));
    return { ...sum('killed at each step', results), figures: { steps: deaths.length } };
  },
};

async function die(death: Death, context: ScenarioContext): Promise<ScenarioResult> {
  try {
    return await dieOnce(death, context);
  } catch (error) {
    return broken(death.name, error);
  }
}

async function dieOnce(death: Death, context: ScenarioContext): Promise<ScenarioResult> {
  const { cluster, directory, seed } = context;
  const sizes = death.sizes ?? 'mixed';
  const world = await World.open({
    directory: folder(directory, death.name),
    clusterUrl: cluster.url,
    seed,
    sizes,
    endpoints: [{ profile: 'plain', concurrency: CONCURRENCY }],
  });
  try {
    const { installation, recorder, sender } = world;
    if (death.slowCommitOf) await installation.rows(slowCommit(death.slowCommitOf));
    const gateway = await world.gateway(undefined, { bodyLimit: 32 * 1024 * 1024 });
    const failpoint =
      'failpoint' in death.at ? { pass: 6, afterMs: 0, signal: 'SIGKILL' as const, ...death.at.failpoint } : undefined;
    await gateway.start({ failpoint });
    if ('hold' in death.at) void recorder.hold(death.at.hold).then(() => gateway.kill());

    sender.begin(world.order([gateway], { count: death.messages ?? MESSAGES, pace: { pauseMs: death.pauseMs ?? 25 } }));
    void death.during?.(world, gateway).catch(() => undefined);
    const { signal } = await within(gateway.ended(), DEATH_MS, `${death.name}: the process did not die`);
    const killedAt = Date.now();
    if (signal !== 'SIGKILL') throw new Error(`${death.name}: the process ended with ${signal}`);
    if (death.endBackend) await installation.rows(END_COMMITS);
    await installation.rows(FAST_COMMIT);
    // Answered, and not on record: such an event comes again as one in flight does.
    const { accepted } = await recorder.report();
    const [row] = await installation.rows<{ delivered: number }>(DELIVERED);
    const unrecorded = Math.max(0, accepted - (row?.delivered ?? 0));
    // The long mode waits until leases run out by themselves.
    if (context.quick) await world.passLeases();
    await gateway.start();
    await death.during?.(world, gateway);
    const { sent } = await sender.end();
    await world.settled(HEAL_MS * 2);
    const healedMs = Date.now() - killedAt;
    const verdict = await world.check(gateway, sent);
    // Whatever was in flight beside it; and what was on record is never sent again, which `check` sees to.
    const duplicatesAllowed = CONCURRENCY + unrecorded;
    const result = judge(verdict, { tried: death.name, times: 1, healedMs, duplicatesAllowed });
    if (!death.mayRepeat && verdict.duplicates > 0) context.say(`${death.name}: ${verdict.duplicates} duplicates`);
    if (healedMs > HEAL_MS) result.failures.push(`healed after ${Math.round(healedMs / 1000)} s`);
    if (verdict.delivered !== verdict.acknowledged) result.failures.push('not everything was delivered');
    return result;
  } finally {
    await world.close();
  }
}

/** A person sends the newest event again, four times. */
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

async function bulkReplay(world: World, gateway: Gateway): Promise<void> {
  await sleep(300);
  const { id } = await world.ask<{ id: string }>(gateway, 'POST', '/api/v1/replays', {
    filter: { source: 'github', until: new Date().toISOString() },
  });
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
    if (replay.created + replay.skipped !== replay.matched)
      throw new Error(`a bulk replay of ${replay.matched} events made ${replay.created} and skipped ${replay.skipped}`);
    return;
  }
}

async function cancelledReplay(world: World, gateway: Gateway): Promise<void> {
  await sleep(300);
  const filter = { source: 'github', until: new Date().toISOString() };
  const { id } = await world.ask<{ id: string }>(gateway, 'POST', '/api/v1/replays', { filter, rate_per_second: 1 });
  await world.ask(gateway, 'POST', `/api/v1/replays/${id}/cancel`);
}

/** Runs at the end of a transaction, before its commit. */
function slowCommit(table: string): string {
  return `
    create function paggio.slow_commit() returns trigger language plpgsql as
      $$ begin perform pg_sleep(${SLOW_COMMIT_MS / 1000}); return null; end $$;
    create constraint trigger slow_commit after insert on paggio.${table}
      deferrable initially deferred for each row execute function paggio.slow_commit()`;
}

const DELIVERED = `select count(*)::int as delivered from paggio.attempts where status = 'delivered'`;

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
