import { channels, type ChannelSettings, type NotificationSettings } from '@paggio/core';

export function toNotifications(settings: NotificationSettings): object {
  const used = channels.some((channel) => settings[channel] !== null);
  return {
    ...Object.fromEntries(channels.map((channel) => [channel, toChannel(settings[channel])])),
    ...(used ? { failing_after_minutes: settings.failingAfterMinutes } : {}),
  };
}

/** Shows the origin and the last four characters of the URL: the rest of it is the secret. */
function toChannel(settings: ChannelSettings | null): object | null {
  if (settings === null) return null;
  const { url, triggers } = settings;
  return { url: `${new URL(url).origin}/***${url.length >= 40 ? url.slice(-4) : ''}`, triggers };
}
