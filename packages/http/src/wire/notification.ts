import type { ChannelSettings, NotificationSettings } from '@paggio/core';

export function toNotifications({ slack, discord, failingAfterMinutes }: NotificationSettings): object {
  return {
    slack: slack && toChannel(slack),
    discord: discord && toChannel(discord),
    ...(slack || discord ? { failing_after_minutes: failingAfterMinutes } : {}),
  };
}

/** The path of an incoming webhook is what nobody else may know. */
function toChannel({ url, triggers }: ChannelSettings): object {
  return { url: `${new URL(url).origin}/***${url.length >= 40 ? url.slice(-4) : ''}`, triggers };
}
