import type { EntityManager } from 'typeorm';
import { successRateOf } from '../endpoints/health';
import {
  byChannel,
  channels,
  FAILING_MINUTES,
  type Alert,
  type Channel,
  type NotificationSettings,
  type StoredNotifications,
  type Trigger,
} from './notification';
import type { Actor, Owner } from '../principal';
import { revisionOf } from '../endpoints/revision';
import { keepAudit } from '../audit/audit-store';
import type { Database } from '../storage/database';
import { notificationPlace } from '../endpoints/endpoint-secrets';
import type { EndpointStore } from '../endpoints/endpoint-store';
import type { Ended } from '../events/event-index';
import { failing } from '../endpoints/failing-sql';
import type { SecretBox } from '../secrets/secret-box';

/** The time from the first alert to its message, so that alerts that belong together are in one message. */
const GATHER_SECONDS = 10;
/** The time between two messages about the same trigger at the same endpoint. */
const QUIET_MINUTES = 15;
/** An endpoint is judged once it has this many finished deliveries. */
const JUDGED_FROM = 5;
/** An endpoint is unhealthy if its success rate is below this. */
const UNHEALTHY_BELOW = 0.5;
const LEASE_SECONDS = 60;
const TRIES = 5;
const JUDGED_AT_ONCE = 100;

/** Alerts of one owner that are due, under a lease. */
export interface DueAlerts extends Owner {
  /** Decrypts the owner's settings. @throws UnreadableSecret */
  settings: () => NotificationSettings;
  alerts: (Alert & { reported: number })[];
  tries: number;
}

/** The encrypted URLs. */
type UrlColumns = Record<Channel, string | null>;
type TriggerColumns = Record<`${Channel}_triggers`, Trigger[]>;

interface SettingsRow extends UrlColumns, TriggerColumns {
  user_id: string;
  mode: Owner['mode'];
  failing_minutes: number;
}

export class NotificationStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly endpoints: Pick<EndpointStore, 'healthCounts'>,
  ) {}

  async get(owner: Owner): Promise<StoredNotifications> {
    const [row] = await this.database.rows<SettingsRow>(GET, [owner.userId, owner.mode]);
    return this.stored(row ?? { ...unset, user_id: owner.userId, mode: owner.mode });
  }

  /**
   * Replaces the settings by what `work` makes of the stored ones. This happens under a lock, so that the second of two
   * concurrent changes sees what the first has stored.
   * @returns the stored settings
   */
  async put(actor: Actor, work: (stored: StoredNotifications) => NotificationSettings): Promise<StoredNotifications> {
    return this.database.source.transaction(async (manager) => {
      // A lock needs a row.
      await manager.query(ENSURE, [actor.userId, actor.mode]);
      const [row] = await manager.query<[SettingsRow]>(`${GET} for update`, [actor.userId, actor.mode]);
      await this.replace(manager, actor, work(this.stored(row)));
      const [replaced] = await manager.query<[SettingsRow]>(GET, [actor.userId, actor.mode]);
      return this.stored(replaced);
    });
  }

  private stored(row: SettingsRow): StoredNotifications {
    const shown = channels.map((channel) => [row[channel], row[`${channel}_triggers`]]);
    return { ...this.open(row), revision: revisionOf({ shown, failing_minutes: row.failing_minutes }) };
  }

  private async replace(manager: EntityManager, actor: Actor, settings: NotificationSettings): Promise<void> {
    const { failingAfterMinutes } = settings;
    const seal = (channel: Channel): string | null =>
      settings[channel] && this.box.seal(settings[channel].url, notificationPlace(actor.userId, actor.mode, channel));
    const shown = {
      ...byChannel((channel) => settings[channel] && { triggers: settings[channel].triggers }),
      failing_after_minutes: failingAfterMinutes,
    };
    const columns = channels.flatMap((channel) => [seal(channel), settings[channel]?.triggers ?? []]);
    await manager.query(PUT, [actor.userId, actor.mode, failingAfterMinutes, ...columns]);
    const entry = { action: 'notifications.updated', objectId: null, before: null, after: shown } as const;
    await keepAudit(manager, actor, [entry]);
  }

  /** Whether anybody wants notifications, or some are due. */
  async isWanted(): Promise<boolean> {
    const [row] = await this.database.rows<{ wanted: boolean }>(IS_WANTED);
    return row?.wanted ?? false;
  }

  /** Looks for changes of health at endpoints where a delivery ended, if their owner wants to know about them. */
  async judgeHealth(): Promise<void> {
    const rows = await this.database.rows<{ id: string }>(
      `delete from paggio.health_checks where endpoint_id in (
         select endpoint_id from paggio.health_checks limit ${JUDGED_AT_ONCE} for update skip locked) returning endpoint_id as id`,
    );
    // For a DELETE the driver returns the rows and their count.
    const ids = ((rows as unknown as [{ id: string }[], number])[0] ?? []).map((row) => row.id);
    if (ids.length === 0) return;
    const counts = await this.endpoints.healthCounts(ids);
    const judged = ids.flatMap((id) => {
      const { delivered = 0, failed = 0 } = counts.get(id) ?? {};
      const rate = successRateOf(delivered, failed);
      if (rate === null || delivered + failed < JUDGED_FROM) return [];
      return [{ id, unhealthy: rate < UNHEALTHY_BELOW }];
    });
    await this.database.source.query(JUDGE, [judged.map(({ id }) => id), judged.map(({ unhealthy }) => unhealthy)]);
  }

  /** Adds alerts for destinations that Paggio has paused since the last alert about them. */
  async notePauses(): Promise<void> {
    await this.database.source.query(NOTE_PAUSES);
  }

  /**
   * Adds alerts for destinations that have been failing for as long as their owner has set, once per outage, and for
   * those that deliver again.
   */
  async noteOutages(): Promise<void> {
    await this.database.source.query(NOTE_OUTAGES);
    await this.database.source.query(NOTE_RECOVERIES);
  }

  /**
   * Claims the alerts of an owner who has a due one, with the others that have gathered. Returns null when none is due.
   */
  async claimDue(): Promise<DueAlerts | null> {
    const rows = await this.database.rows<
      SettingsRow & {
        endpoint_id: string;
        endpoint_name: string;
        trigger: Trigger;
        count: number;
        first_at: Date;
        last_at: Date;
        event_id: string | null;
        detail: string | null;
        tries: number;
      }
    >(CLAIM_DUE);
    const [first] = rows;
    if (!first) return null;
    return {
      userId: first.user_id,
      mode: first.mode,
      settings: () => this.open(first),
      tries: Math.max(...rows.map((row) => row.tries)),
      alerts: rows.map((row) => ({
        endpointId: row.endpoint_id,
        endpointName: row.endpoint_name,
        trigger: row.trigger,
        count: row.count,
        reported: row.count,
        firstAt: row.first_at,
        lastAt: row.last_at,
        eventId: row.event_id,
        detail: row.detail,
      })),
    };
  }

  /**
   * Subtracts the alerts that were sent from the counts. Alerts that came in the meantime wait for the next message.
   * @returns whether a message that was not sent is tried again
   */
  async finish(due: DueAlerts, sent: boolean): Promise<boolean> {
    const again = !sent && due.tries + 1 < TRIES;
    await this.database.source.query(again ? TRY_AGAIN : DONE, [
      due.userId,
      due.mode,
      due.alerts.map(({ endpointId }) => endpointId),
      due.alerts.map(({ trigger }) => trigger),
      ...(again ? [30 * 2 ** due.tries] : [due.alerts.map((alert) => alert.reported)]),
    ]);
    return again;
  }

  private open(row: SettingsRow): NotificationSettings {
    const settingsOf = (channel: Channel): NotificationSettings[Channel] => {
      const sealed = row[channel];
      if (sealed === null) return null;
      const url = this.box.open(sealed, notificationPlace(row.user_id, row.mode, channel));
      return { url, triggers: row[`${channel}_triggers`] };
    };
    return { ...byChannel(settingsOf), failingAfterMinutes: row.failing_minutes };
  }
}

/** The settings of an owner who has never set any. */
const unset = {
  ...byChannel(() => null),
  ...(Object.fromEntries(channels.map((channel) => [`${channel}_triggers`, []])) as unknown as TriggerColumns),
  failing_minutes: FAILING_MINUTES.default,
};

/** SQL for the triggers that any channel of a row `n` wants. */
const WANTED_TRIGGERS = `(${channels.map((channel) => `n.${channel}_triggers`).join(' || ')})`;

const IS_WANTED = `
  select exists (select from paggio.notifications n where ${WANTED_TRIGGERS} <> '{}')
    or exists (select from paggio.alerts where due_at is not null)
    -- The end of an outage that was reported is noted, even if nobody wants to know any more.
    or exists (select from paggio.destinations where failing_told is not null) as wanted`;

const GET = 'select * from paggio.notifications where user_id = $1 and mode = $2';

const ENSURE = `
  insert into paggio.notifications (user_id, mode, failing_minutes, updated_at)
  values ($1, $2, ${FAILING_MINUTES.default}, now()) on conflict (user_id, mode) do nothing`;

const PUT = `
  update paggio.notifications set failing_minutes = $3, updated_at = now(),
    ${channels.map((channel, at) => `${channel} = $${4 + 2 * at}, ${channel}_triggers = $${5 + 2 * at}`).join(', ')}
  where user_id = $1 and mode = $2`;

const ON_CONFLICT = `
  on conflict (endpoint_id, trigger) do update set count = a.count + excluded.count,
    first_at = case when a.count = 0 then excluded.first_at else a.first_at end, last_at = excluded.last_at,
    event_id = excluded.event_id, detail = excluded.detail,
    due_at = coalesce(a.due_at, greatest(excluded.due_at, a.told_at + interval '${QUIET_MINUTES} minutes'))`;

const WANTED = `join paggio.endpoints e on e.id = i.endpoint_id
    join paggio.notifications n on n.user_id = e.user_id and n.mode = e.mode`;

/** Counts events that reached a final state, if their owner wants to know about it. */
export async function countAlerts(manager: EntityManager, ended: readonly Ended[]): Promise<void> {
  const sums = new Map<string, Ended>();
  for (const one of ended) {
    const name = `${one.endpointId} ${one.state}`;
    sums.set(name, { ...one, count: one.count + (sums.get(name)?.count ?? 0) });
  }
  const rows = [...sums.values()];
  if (rows.length === 0) return;
  await manager.query(COUNT_ALERTS, [
    rows.map((one) => one.endpointId),
    rows.map((one) => one.state),
    rows.map((one) => one.count),
    rows.map((one) => one.eventId),
  ]);
}

// The input rows are endpoint, trigger, count, and one of the events.
const COUNT_ALERTS = `
  with input as (
    select * from unnest($1::uuid[], $2::text[], $3::int[], $4::uuid[]) as i(endpoint_id, trigger, count, event_id)
  ), checks as (
    insert into paggio.health_checks (endpoint_id)
    select distinct i.endpoint_id from input i ${WANTED}
    where ${WANTED_TRIGGERS} && array['unhealthy', 'recovered']
    order by 1 on conflict do nothing
  )
  insert into paggio.alerts as a (endpoint_id, trigger, count, first_at, last_at, event_id, due_at)
  select i.endpoint_id, i.trigger, i.count, now(), now(), i.event_id, now() + interval '${GATHER_SECONDS} seconds'
  from input i ${WANTED} and i.trigger = any ${WANTED_TRIGGERS}
  order by i.endpoint_id, i.trigger
  ${ON_CONFLICT}`;

const JUDGE = `
  with input as (
    select * from unnest($1::uuid[], $2::bool[]) as i(endpoint_id, unhealthy)
  ), turned as (
    insert into paggio.endpoint_health as h (endpoint_id, unhealthy)
    select endpoint_id, unhealthy from input order by 1
    on conflict (endpoint_id) do update set unhealthy = excluded.unhealthy where h.unhealthy <> excluded.unhealthy
    returning endpoint_id, unhealthy
  )
  insert into paggio.alerts as a (endpoint_id, trigger, count, first_at, last_at, due_at)
  select i.endpoint_id, t.trigger, 1, now(), now(), now() + interval '${GATHER_SECONDS} seconds'
  from turned i ${WANTED} cross join lateral (select case when i.unhealthy then 'unhealthy' else 'recovered' end as trigger) t
  -- An endpoint that was well from the beginning has not recovered.
  where t.trigger = any ${WANTED_TRIGGERS}
    and (i.unhealthy or exists (select 1 from paggio.endpoint_health h where h.endpoint_id = i.endpoint_id))
  ${ON_CONFLICT}`;

/**
 * Adds alerts for quotas that have filled, if the owner wants to know about it. The input rows are endpoint and detail.
 */
export const NOTE_STORAGE = `
  insert into paggio.alerts as a (endpoint_id, trigger, count, first_at, last_at, detail, due_at)
  select distinct on (i.endpoint_id) i.endpoint_id, 'storage', 1, now(), now(), i.detail,
    now() + interval '${GATHER_SECONDS} seconds'
  from unnest($1::uuid[], $2::text[]) as i(endpoint_id, detail) ${WANTED}
  where e.deleted_at is null and 'storage' = any ${WANTED_TRIGGERS}
  order by i.endpoint_id
  ${ON_CONFLICT}`;

const NOTE_PAUSES = `
  insert into paggio.alerts as a (endpoint_id, trigger, count, first_at, last_at, detail, due_at)
  select i.endpoint_id, 'paused', count(*)::int, min(i.paused_at), max(i.paused_at), (array_agg(i.name || ': ' || i.pause_reason))[1],
    now() + interval '${GATHER_SECONDS} seconds'
  from paggio.destinations i ${WANTED}
    left join paggio.alerts b on b.endpoint_id = i.endpoint_id and b.trigger = 'paused'
  where i.status = 'PAUSED' and i.pause_reason <> 'manual' and i.deleted_at is null and e.deleted_at is null
    and 'paused' = any ${WANTED_TRIGGERS}
    and i.paused_at > coalesce(b.last_at, n.updated_at)
  group by 1
  ${ON_CONFLICT}`;

const utc = (time: string): string => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')`;

// Paused destinations are left out, because they make no attempts and their pause has an alert of its own. Rows that
// are being settled wait for the next run.
const NOTE_OUTAGES = `
  with lasting as materialized (
    select i.id from paggio.destinations i ${WANTED}
    where ${failing('i')} and i.failing_since <= now() - n.failing_minutes * interval '1 minute'
      and i.failing_told is distinct from i.failing_since and i.status = 'ACTIVE' and e.status = 'ACTIVE'
      and i.deleted_at is null and e.deleted_at is null and 'failing' = any ${WANTED_TRIGGERS}
    order by i.id for no key update of i skip locked
  ), reported as (
    update paggio.destinations d set failing_told = d.failing_since from lasting l where d.id = l.id
    returning d.endpoint_id, d.name, d.failing_since, d.failures
  )
  insert into paggio.alerts as a (endpoint_id, trigger, count, first_at, last_at, detail, due_at)
  select t.endpoint_id, 'failing', count(*)::int, min(t.failing_since), now(),
    (array_agg(t.name || ' has delivered nothing since ' || ${utc('t.failing_since')} || ': '
      || t.failures || ' attempts failed in a row.' order by t.failing_since))[1],
    now() + interval '${GATHER_SECONDS} seconds'
  from reported t group by 1 order by 1
  ${ON_CONFLICT}`;

const NOTE_RECOVERIES = `
  with over as materialized (
    select x.id, x.endpoint_id, x.name, x.failing_told from paggio.destinations x
    where x.failing_told is not null and x.failing_since is distinct from x.failing_told
    order by x.id for no key update skip locked
  ), reported as (
    update paggio.destinations d set failing_told = null from over o where d.id = o.id and d.deleted_at is null
    returning o.endpoint_id, o.name, o.failing_told
  )
  insert into paggio.alerts as a (endpoint_id, trigger, count, first_at, last_at, detail, due_at)
  select i.endpoint_id, 'recovered', count(*)::int, min(i.failing_told), now(),
    (array_agg(i.name || ' delivers again. It had been failing since ' || ${utc('i.failing_told')} || '.' order by i.failing_told))[1],
    now() + interval '${GATHER_SECONDS} seconds'
  from reported i ${WANTED}
  where e.deleted_at is null and 'recovered' = any ${WANTED_TRIGGERS}
  group by 1 order by 1
  ${ON_CONFLICT}`;

const CLAIM_DUE = `
  with owner as (
    select e.user_id, e.mode from paggio.alerts a join paggio.endpoints e on e.id = a.endpoint_id
    where a.due_at <= now() and a.count > 0 order by a.due_at limit 1
  ), mine as materialized (
    select a.endpoint_id, a.trigger from paggio.alerts a
      join paggio.endpoints e on e.id = a.endpoint_id join owner o on o.user_id = e.user_id and o.mode = e.mode
    -- Due alerts take along those that still gather, but not those that are quiet until later.
    where a.count > 0 and a.due_at <= now() + interval '${GATHER_SECONDS} seconds'
    order by a.endpoint_id, a.trigger for update of a skip locked
  ), leased as (
    update paggio.alerts a set due_at = now() + interval '${LEASE_SECONDS} seconds'
    from mine m where a.endpoint_id = m.endpoint_id and a.trigger = m.trigger
    returning a.*
  )
  select l.*, e.name as endpoint_name, e.user_id, e.mode,
    ${channels.map((channel) => `n.${channel}, n.${channel}_triggers`).join(', ')}
  from leased l join paggio.endpoints e on e.id = l.endpoint_id
    join paggio.notifications n on n.user_id = e.user_id and n.mode = e.mode`;

const MINE = `from unnest($3::uuid[], $4::text[]) as i(endpoint_id, trigger)
  where a.endpoint_id = i.endpoint_id and a.trigger = i.trigger
    and exists (select 1 from paggio.endpoints e where e.id = a.endpoint_id and e.user_id = $1 and e.mode = $2)`;

const TRY_AGAIN = `
  update paggio.alerts a set due_at = now() + $5 * interval '1 second', tries = a.tries + 1 ${MINE}`;

const DONE = `
  update paggio.alerts a set count = a.count - i.reported, told_at = now(), tries = 0,
    due_at = case when a.count > i.reported then now() + interval '${QUIET_MINUTES} minutes' end
  from unnest($3::uuid[], $4::text[], $5::int[]) as i(endpoint_id, trigger, reported)
  where a.endpoint_id = i.endpoint_id and a.trigger = i.trigger
    and exists (select 1 from paggio.endpoints e where e.id = a.endpoint_id and e.user_id = $1 and e.mode = $2)`;
