import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PaggioOptions, Role } from '@paggio/core';
import { check, type FateOf, type Verdict } from './checker';
import type { Gateway } from './gateway/gateway';
import type { EndpointOptions, SetUp } from './gateway/set-up';
import { Installation, KeptConnection } from './installation';
import type { MessageKind, Sizes } from './message';
import { Recorder } from './recorder/recorder';
import type { Profile } from './recorder/recorder-order';
import { Sender } from './sender/sender';
import type { SendOrder } from './sender/send-order';

/**
 * How long an answer may take, in seconds. It is long where the destination always answers: on a busy machine a pause
 * is normal, and a delivery that is sent again after a timeout would count as a duplicate.
 */
const TIMEOUT_SECONDS: Readonly<Record<Profile, number>> = { plain: 20, rough: 2, slow: 60 };

/** How long a lease of the gateway is. */
const LEASE_MS = 30_000;

const everything: readonly Role[] = ['capture', 'deliver', 'api'];

export interface WorldSettings {
  directory: string;
  clusterUrl: string;
  /** Where the database is stored. Default: with the others of its cluster. */
  tablespace?: string | undefined;
  seed: number;
  sizes?: Sizes;
  /** An endpoint for each of these destinations. Default: one destination that accepts everything. */
  endpoints?: readonly (Omit<EndpointOptions, 'destinationUrl'> & { profile: Profile })[];
  /** The code that makes the schema. Default: that of this version. */
  setUp?: (settings: SetUp) => Promise<string[]>;
}

/** A gateway with its database, a sender, a recorder as its destination, and the ledger that judges them. */
export class World {
  private readonly gateways: Gateway[] = [];
  private readonly promised: string[] = [];

  private constructor(
    readonly installation: Installation,
    readonly sender: Sender,
    readonly recorder: Recorder,
    private readonly message: MessageKind,
    private readonly profiles: readonly Profile[],
  ) {}

  static async open(settings: WorldSettings): Promise<World> {
    const { directory, clusterUrl, tablespace, seed, sizes = 'usual', endpoints = [{ profile: 'plain' }] } = settings;
    mkdirSync(directory, { recursive: true });
    const [sender, recorder] = await Promise.all([Sender.start(directory), Recorder.start(directory, seed)]);
    const installation = settings.setUp
      ? await Installation.empty(clusterUrl, directory)
      : await Installation.fresh(clusterUrl, directory, tablespace);
    await installation.setUp(
      endpoints.map(({ profile, ...options }) => ({
        timeoutSeconds: TIMEOUT_SECONDS[profile],
        ...options,
        destinationUrl: recorder.url(profile),
      })),
      settings.setUp,
    );
    const profiles = endpoints.map(({ profile }) => profile);
    return new World(installation, sender, recorder, { seed, sizes }, profiles);
  }

  /** Paths of the endpoints with such a destination. */
  pathsOf(profile: Profile): string[] {
    return this.installation.paths.filter((_path, index) => this.profiles[index] === profile);
  }

  /** A process of the gateway, not started. */
  async gateway(roles = everything, options: Partial<PaggioOptions> = {}, url?: string): Promise<Gateway> {
    const gateway = await this.installation.gateway(roles, options, url);
    this.gateways.push(gateway);
    return gateway;
  }

  /** An order with the usual settings: each message is sent again until it is acknowledged. */
  order(gateways: readonly Gateway[], more: Partial<SendOrder>): SendOrder {
    return {
      message: this.message,
      from: 0,
      count: null,
      pace: { ratePerSecond: 100 },
      bases: gateways.map(({ base }) => base),
      paths: this.installation.paths,
      retryMs: 500,
      giveUpMs: 120_000,
      ...more,
    };
  }

  /** Asks the API of a gateway. @throws when it does not answer with a 2xx */
  async ask<Answer>(gateway: Gateway, method: string, path: string, body?: object): Promise<Answer> {
    const answer = await fetch(gateway.base + path, {
      method,
      headers: { authorization: `Bearer ${this.installation.key}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** Notes an event that the gateway has promised to deliver although no sender sent it: a replay. */
  promise(eventId: string): void {
    this.promised.push(eventId);
  }

  /**
   * Lets the leases run out that were taken before this time. A live process loses its own, so it must have none of them.
   * @param takenBefore default: all
   */
  async passLeases(takenBefore?: Date): Promise<void> {
    const until = takenBefore && new Date(takenBefore.getTime() + LEASE_MS);
    await this.installation.rows(
      `update paggio.deliveries set due_at = due_at - interval '31 seconds'
       where state = 'pending' and lease_token is not null and due_at <= coalesce($1, 'infinity'::timestamptz)`,
      [until],
    );
    await this.installation.rows(
      `update paggio.destinations set open_until = open_until - interval '31 seconds'
       where probe_event_id is not null and open_until <= coalesce($1, 'infinity'::timestamptz)`,
      [until],
    );
  }

  /** Resolves when nothing is pending any more. @throws after the deadline */
  settled(deadlineMs: number): Promise<void> {
    return this.nothingPending('%', deadlineMs);
  }

  /**
   * Resolves when the destinations that accept everything have got everything. How long others take is up to them.
   * @throws after the deadline
   */
  healed(deadlineMs: number): Promise<void> {
    return this.nothingPending('%/plain', deadlineMs);
  }

  private async nothingPending(url: string, deadlineMs: number): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    const connection = new KeptConnection(this.installation);
    try {
      for (;;) {
        const [row] = await connection.rows<{ count: number }>(PENDING, [url]).catch(() => []);
        if (row?.count === 0) return;
        if (Date.now() > deadline) throw new Error(`${row?.count ?? '?'} deliveries are still pending`);
        await sleep(50);
      }
    } finally {
      await connection.close();
    }
  }

  /**
   * How many acceptances are not recorded: their answers are still on the way, or could not be written. Repeated ones
   * count each time.
   */
  async unrecorded(): Promise<number> {
    const [row] = await this.installation.rows<{ delivered: number }>(DELIVERED);
    return (await this.recorder.report()).accepted - (row?.delivered ?? 0);
  }

  /** Checks what must always be true of the tables. @returns what is not true */
  private async contradictions(): Promise<string[]> {
    const failures: string[] = [];
    const connection = new KeptConnection(this.installation);
    try {
      for (const [what, sql] of Object.entries(CONTRADICTIONS)) {
        const [row] = await connection.rows<{ count: number }>(sql);
        if (row && row.count > 0) failures.push(`${row.count} ${what}`);
      }
      return failures;
    } finally {
      await connection.close();
    }
  }

  /**
   * @param gateway a process that answers
   * @param fateOf the status of an event that no destination has accepted. Default: as the gateway's API shows it
   */
  async check(
    gateway: Gateway,
    sent: number,
    fateOf: FateOf = (eventId) => this.statusOf(gateway, eventId),
  ): Promise<Verdict> {
    // A list lets the index catch up first.
    await this.ask(gateway, 'GET', '/api/v1/events?limit=1&status=failed');
    let contradictions = await this.contradictions();
    for (let look = 0; contradictions.length > 0 && look < 20; look++) {
      // The index still has a lot to catch up with.
      await sleep(500);
      contradictions = await this.contradictions();
    }
    const verdict = await check({
      acknowledgedPath: this.sender.ledgerPath,
      receivedPath: this.recorder.logPath,
      message: this.message,
      sent,
      promised: this.promised,
      fateOf,
      missing: async (eventIds) => {
        const rows = await this.installation.rows<{ id: string }>(MISSING, [eventIds]);
        return rows.map(({ id }) => id);
      },
    });
    return { ...verdict, contradictions };
  }

  private async statusOf(gateway: Gateway, eventId: string): Promise<string | null> {
    const { status } = await this.ask<{ status: string }>(gateway, 'GET', `/api/v1/events/${eventId}`).catch(
      (error: Error) => {
        if (/: 404 /.test(error.message)) return { status: 'unknown' };
        throw error;
      },
    );
    // If it is delivered and no destination knows of it, it is lost.
    return ['pending', 'failed', 'captured'].includes(status) ? status : null;
  }

  async close(): Promise<void> {
    await Promise.all([...this.gateways.map((gateway) => gateway.kill()), this.sender.close(), this.recorder.close()]);
  }
}

const CONTRADICTIONS = {
  'deliveries that were made again although it was on record that they had been made': `
    select count(*)::int as count from (
      select 1 from paggio.all_attempts where trigger = 'scheduled' and status = 'delivered'
      group by event_id, destination_id having count(*) > 1
    ) a`,
  'deliveries whose attempts are not on record': `
    select count(*)::int as count from paggio.deliveries d
    where d.attempt_count <> (
      select count(*) from paggio.all_attempts a
      where a.event_id = d.event_id and a.destination_id = d.destination_id and a.trigger = 'scheduled')`,
  'deliveries that are over and whose last attempt says something else': `
    select count(*)::int as count from paggio.deliveries d join lateral (
      select status from paggio.all_attempts a
      where a.event_id = d.event_id and a.destination_id = d.destination_id order by number desc limit 1
    ) a on true
    where d.state = 'delivered' and a.status <> 'delivered' or d.state = 'failed' and d.reason = 'exhausted' and a.status = 'delivered'`,
  // Statements rely on it and ask for the time only.
  'deliveries that are over and still due': `
    select count(*)::int as count from paggio.deliveries where state <> 'pending' and due_at is not null`,
  'events that lists show otherwise than they are': `
    select count(*)::int as count from paggio.events e
      left join paggio.event_index i on i.event_id = e.id
      left join lateral (
        select case when bool_or(state = 'pending') then 0 when bool_or(state = 'failed') then 2 else 1 end as status
        from paggio.deliveries d where d.event_id = e.id having count(*) > 0
      ) d on true
    where i.event_id is null or i.status <> coalesce(d.status, 3)`,
};

const PENDING = `
  select count(*)::int as count from paggio.deliveries d join paggio.destinations x on x.id = d.destination_id
  where d.state = 'pending' and x.url like $1`;

const DELIVERED = `select count(*)::int as delivered from paggio.all_attempts where status = 'delivered'`;

/** An acknowledgement that names no event has the id `-`. */
const MISSING = `
  select a.id from unnest($1::text[]) as a(id)
  where not exists (select 1 from paggio.events e where e.id = nullif(a.id, '-')::uuid)`;

export function folder(parent: string, name: string): string {
  return join(parent, name.replaceAll(/[^a-z0-9]+/gi, '-'));
}
