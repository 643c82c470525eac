import { createHmac } from 'node:crypto';
import { createTestDatabase, createTestTemplate, query, type TestDatabase } from '@paggio/embedded-database/testing';
import type { AttemptFinished, TelemetryEvent } from '../telemetry/telemetry';
import { migrate, Paggio, type EventDetail, type Owner, type PaggioOptions } from '../index';
import { assemble, type Assembly } from '../assembly/assemble';
import type { TestingHooks } from '../assembly/testing-hooks';
import { testMasterKey } from './master-key';
import { TestScheduler } from './test-scheduler';

export type { Assembly } from '../assembly/assemble';
export type { TestingHooks } from '../assembly/testing-hooks';
export { dumpOf, spellingsOf } from './dump';
export { DeliveryProcess } from './delivery-process';
export { shortened, shortLeases } from './short-times';
export { noTicks, TestScheduler } from './test-scheduler';
export { testMasterKey };
export { hostPool } from './host-pool';
export { migrations } from '../storage/migrations';
export { ConnectProxy, type ConnectProxySettings } from './connect-proxy';
export { Recorder, type Behaviour, type RecordedRequest } from './recorder';
export { createTestDatabase, query, type TestDatabase };

/** Captures a request as GitHub would send it to an endpoint with this secret. */
export function captureFromGitHub(
  paggio: Paggio,
  slug: string,
  event: string,
  body: string | Buffer,
  secret = 'octocat',
): Promise<string> {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = ['X-GitHub-Event', event, 'X-Hub-Signature-256', `sha256=${signature}`];
  return capture(paggio, slug, body, [...headers, 'Content-Type', 'application/json']);
}

/** Captures this many equal requests in portions, because all at once would overload a busy machine. */
export async function captureMany(paggio: Paggio, slug: string, body: string, count: number): Promise<void> {
  const portion = 150;
  for (let sent = 0; sent < count; sent += portion)
    await Promise.all(Array.from({ length: Math.min(portion, count - sent) }, () => capture(paggio, slug, body)));
}

export const gitHub = { provider: 'github', secrets: ['octocat'] };

export const owner: Owner = { userId: 'user-1', mode: 'live' };

/** For a gateway in whose test nothing is delivered. Its start and stop take 40 % less CPU time. */
export const withoutDelivery = { roles: ['capture', 'api', 'dashboard'] } satisfies Partial<PaggioOptions>;

export interface TestGateway {
  paggio: Paggio;
  /** Every part of the gateway, for what a test cannot see or do from outside. */
  assembly: Assembly;
  database: TestDatabase;
  /** Runs a piece of periodic work at once. Resolves when it is done; an error becomes a `fault`, as usual. */
  runPeriodicWork: (name: string) => Promise<void>;
  stop: () => Promise<void>;
}

let template: Promise<string> | undefined;

/** A template with the schema, because copying it is faster than migrating. */
function migratedTemplate(): Promise<string> {
  return (template ??= createTestTemplate(migrate));
}

/** Makes a database that has the schema already. */
export async function migratedDatabase(): Promise<TestDatabase> {
  return createTestDatabase(await migratedTemplate());
}

/**
 * Starts a gateway on its own database, or as another process on a shared one. Loopback is allowed as a destination.
 */
export async function startGateway(
  options: Partial<PaggioOptions> = {},
  hooks: TestingHooks = {},
  shared?: TestDatabase,
  prepare: (paggio: Paggio) => void = () => undefined,
): Promise<TestGateway> {
  const database = shared ?? (await migratedDatabase());
  const scheduler = new TestScheduler(options.scheduler);
  const assembly = assemble(
    {
      database: { url: database.url },
      masterKey: testMasterKey,
      allowedNetworks: ['127.0.0.0/8', '::1/128'],
      stopGrace: 2_000,
      ...options,
      scheduler,
    },
    hooks,
  );
  const paggio = new Paggio(assembly);
  prepare(paggio);
  await paggio.start();
  return {
    paggio,
    assembly,
    database,
    runPeriodicWork: (name) => scheduler.run(name),
    async stop() {
      await paggio.stop();
      if (!shared) await database.drop();
    },
  };
}

/**
 * Resolves with the event once it is no longer pending. Asks after each telemetry event about it, and seldom otherwise,
 * because reading an event costs the database as much as capturing and delivering it.
 */
export async function settled(paggio: Paggio, who: Owner, eventId: string): Promise<EventDetail> {
  const concerns = (event: TelemetryEvent): boolean => 'eventId' in event && event.eventId === eventId;
  // An event that was captured just now is still pending.
  await telemetryOrPause(paggio, SETTLED_MS.first, concerns);
  return until(
    paggio,
    async () => {
      const event = await paggio.admin.events.get(who, eventId);
      return event.status === 'pending' ? undefined : event;
    },
    SETTLED_MS,
    concerns,
  );
}

/** Resolves when no delivery of the endpoint is pending. With many events, this is cheaper than `settled` for each. */
export function drained(gateway: TestGateway, endpointId: string): Promise<true> {
  return nonePending(gateway, `endpoint_id = '${endpointId}'`);
}

/** Resolves when no delivery of these events is pending. With many events, it is cheaper than `settled` for each. */
export function allSettled(gateway: TestGateway, eventIds: readonly string[]): Promise<true> {
  return nonePending(gateway, `event_id = any('{${eventIds.join()}}')`);
}

function nonePending({ paggio, database }: TestGateway, condition: string): Promise<true> {
  const pending = `select 1 from paggio.deliveries where state = 'pending' and ${condition} limit 1`;
  return until(paggio, async () => ((await query(database.url, pending)).length === 0 ? true : undefined));
}

/** The wait after a telemetry event, because others come with it. */
const GATHER_MS = 5;
/** The growing pauses between two questions, for changes that only the database shows. */
const ASK_MS = { first: 40, factor: 1.5, most: 200 };
const SETTLED_MS = { first: 60, factor: 2, most: 250 };

/** Asks again after each telemetry event that `concerns` accepts, and from time to time. */
export async function until<T>(
  paggio: Paggio,
  ask: () => Promise<T | undefined>,
  { first, factor, most } = ASK_MS,
  concerns: (event: TelemetryEvent) => boolean = () => true,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  // Made here, so that its stack says who waited.
  const timedOut = new Error('waited for a minute without success');
  for (let pause = first; ; pause = Math.min(pause * factor, most)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw timedOut;
    await telemetryOrPause(paggio, pause, concerns);
  }
}

/** Resolves soon after a telemetry event that `concerns` accepts, and after the pause at the latest. */
function telemetryOrPause(
  paggio: Paggio,
  pauseMs: number,
  concerns: (event: TelemetryEvent) => boolean,
): Promise<void> {
  return new Promise<void>((done, fail) => {
    const timers = [setTimeout(finish, pauseMs)];
    const end = paggio.subscribe((event: TelemetryEvent) => {
      if (timers.length === 1 && concerns(event)) timers.push(setTimeout(finish, GATHER_MS));
      // Waiting does not help against wrong SQL (class 42).
      if (event.type === 'fault' && /^42/.test((event.error as { code?: string }).code ?? ''))
        fail(event.error instanceof Error ? event.error : new Error(String(event.error)));
    });
    function finish(): void {
      timers.forEach((timer) => clearTimeout(timer));
      end();
      done();
    }
  });
}

/** Lets time pass for leases and schedules, which follow the clock of the database. */
export async function passTime(database: TestDatabase, seconds: number): Promise<void> {
  await query(
    database.url,
    `update paggio.deliveries set due_at = due_at - interval '${seconds} seconds' where state = 'pending'`,
  );
}

/** Lets the time pass in which alerts gather and stay quiet. */
export async function passAlertTime(database: TestDatabase): Promise<void> {
  await query(database.url, `update paggio.alerts set due_at = now() where due_at is not null`);
}

export function attempts(paggio: Paggio): AttemptFinished[] {
  const seen: AttemptFinished[] = [];
  paggio.subscribe((event) => {
    if (event.type === 'attempt.finished') seen.push(event);
  });
  return seen;
}

/** Captures a request as a host would, and returns the id of its event. */
export async function capture(
  paggio: Paggio,
  slug: string,
  body: string | Buffer,
  rawHeaders: string[] = [],
): Promise<string> {
  const endpoint = await paggio.host.capture.route(slug, 'POST');
  const answer = await paggio.host.capture.receive(endpoint, {
    method: 'POST',
    path: `/api/webhook/${slug}`,
    query: '',
    rawHeaders,
    body: Buffer.from(body as string),
    remoteAddr: '127.0.0.1',
  });
  return Object.fromEntries(answer.headers)['Paggio-Event-Id'] as string;
}
