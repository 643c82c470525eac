export const channels = ['slack', 'discord'] as const;
export type Channel = (typeof channels)[number];

/**
 * `failed`: a delivery ended without success. `delivered`: one succeeded. `unhealthy`: fewer than half of an endpoint's
 * newest events are delivered. `recovered`: that is over. `paused`: Paggio paused a destination by itself. `storage`: most of
 * a quota of stored bytes is used, or all of it.
 */
export const triggers = ['failed', 'delivered', 'unhealthy', 'recovered', 'paused', 'storage'] as const;
export type Trigger = (typeof triggers)[number];

export interface ChannelSettings {
  /** The incoming webhook. A secret: whoever knows it can post. */
  url: string;
  triggers: Trigger[];
}

/** Where an owner is told what. Null: nowhere. */
export type NotificationSettings = Record<Channel, ChannelSettings | null>;

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
