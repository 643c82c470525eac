/**
 * The chats that can receive notifications. Each has two columns in `paggio.notifications` and a format in message.ts.
 */
export const channels = ['slack', 'discord', 'teams'] as const;
export type Channel = (typeof channels)[number];

export function byChannel<T>(value: (channel: Channel) => T): Record<Channel, T> {
  return Object.fromEntries(channels.map((channel) => [channel, value(channel)])) as Record<Channel, T>;
}

/**
 * The reasons for a notification. `failed` means that a delivery has finally failed, and `delivered` that one
 * succeeded. `unhealthy` means that fewer than half of an endpoint's newest events were delivered. `failing` means that
 * a destination has been failing for `failingAfterMinutes`, and is sent once per outage. `recovered` means that one of
 * these two states has ended. `paused` means that Paggio has paused a destination by itself. `storage` means that a
 * quota of stored bytes is nearly or fully used.
 */
export const triggers = ['failed', 'delivered', 'unhealthy', 'failing', 'recovered', 'paused', 'storage'] as const;
export type Trigger = (typeof triggers)[number];

export interface ChannelSettings {
  /**
   * The URL of the incoming webhook, or of the workflow for Teams. It is a secret, because anybody who knows it can
   * post.
   */
  url: string;
  triggers: Trigger[];
}

/** How many minutes a destination must have been failing before `failing` is sent: from 1 to 1440, by default 5. */
export const FAILING_MINUTES = { default: 5, min: 1, max: 1440 } as const;

/** The channels of an owner and the triggers of each. `null` means that a channel is not used. */
export interface NotificationSettings extends Record<Channel, ChannelSettings | null> {
  /** How long a destination must have been failing before `failing` is sent, in minutes (1 to 1440). */
  failingAfterMinutes: number;
}

export interface StoredNotifications extends NotificationSettings {
  /** Changes whenever the settings change. */
  revision: string;
}

/**
 * Settings that replace the stored ones. They must name at least one channel. A channel that is null or left out is
 * switched off.
 */
export interface NotificationsInput extends Partial<Record<Channel, ChannelInput | null>> {
  /** @default 5 */
  failingAfterMinutes?: number;
}

export interface ChannelInput {
  /** Without it, the stored URL stays. */
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
