/** Every chat that takes notifications. Each has two columns in `paggio.notifications` and a dialect in message.ts. */
export const channels = ['slack', 'discord', 'teams'] as const;
export type Channel = (typeof channels)[number];

export function byChannel<T>(value: (channel: Channel) => T): Record<Channel, T> {
  return Object.fromEntries(channels.map((channel) => [channel, value(channel)])) as Record<Channel, T>;
}

/**
 * `failed`: a delivery ended without success. `delivered`: one succeeded. `unhealthy`: fewer than half of an endpoint's
 * newest events are delivered. `failing`: a destination has been failing for `failingAfterMinutes`; sent once per outage.
 * `recovered`: either of the two is over. `paused`: Paggio paused a destination by itself. `storage`: most of a quota of
 * stored bytes is used, or all of it.
 */
export const triggers = ['failed', 'delivered', 'unhealthy', 'failing', 'recovered', 'paused', 'storage'] as const;
export type Trigger = (typeof triggers)[number];

export interface ChannelSettings {
  /** The URL of the incoming webhook, or of the workflow for Teams. It is a secret, because anybody who knows it can post. */
  url: string;
  triggers: Trigger[];
}

/** Minutes for which a destination fails before `failing` is sent: from 1 to 1440, by default 5. */
export const FAILING_MINUTES = { default: 5, min: 1, max: 1440 } as const;

/** Which channels an owner has, and what each of them is told. Null: the channel is not used. */
export interface NotificationSettings extends Record<Channel, ChannelSettings | null> {
  /** How long a destination fails before `failing` is sent, in minutes (1 to 1440). */
  failingAfterMinutes: number;
}

export interface StoredNotifications extends NotificationSettings {
  /** Changes with the settings. */
  revision: string;
}

/** Settings that replace the stored ones. They must name at least one channel. A channel that is null or left out is switched off. */
export interface NotificationsInput extends Partial<Record<Channel, ChannelInput | null>> {
  /** @default 5 */
  failingAfterMinutes?: number;
}

export interface ChannelInput {
  /** Left out: the stored one. */
  url?: string;
  triggers: readonly Trigger[];
}

/** What happened at an endpoint since the last message about it. */
export interface Alert {
  endpointId: string;
  endpointName: string;
  trigger: Trigger;
  count: number;
  firstAt: Date;
  lastAt: Date;
  eventId: string | null;
  detail: string | null;
}
