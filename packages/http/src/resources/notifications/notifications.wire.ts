import type { ChannelSettings, NotificationSettings, Sent } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

type Channel = NonNullable<Wire.Notifications['slack']>;

export function toNotifications({
  slack,
  discord,
  teams,
  failingAfterMinutes,
}: NotificationSettings): Wire.Notifications {
  const isUsed = [slack, discord, teams].some((channel) => channel !== null);
  return {
    slack: slack && toChannel(slack),
    discord: discord && toChannel(discord),
    teams: teams && toChannel(teams),
    failing_after_minutes: isUsed ? failingAfterMinutes : undefined,
  };
}

/** Shows the origin and the last four characters of the URL: the rest of it is the secret. */
function toChannel({ url, triggers }: ChannelSettings): Channel {
  return { url: `${new URL(url).origin}/***${url.length >= 40 ? url.slice(-4) : ''}`, triggers };
}

export function toNotificationSent(sent: Sent): Wire.NotificationSent {
  return {
    status: sent.delivered ? 'delivered' : 'failed',
    response_status: sent.responseStatus,
    latency_ms: sent.latencyMs,
    error: sent.error,
  };
}
