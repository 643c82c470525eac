import type { Alert, Channel, Trigger } from './notification';

/** More endpoints than this are counted and not named. */
const NAMED = 10;
const NAME_LENGTH = 80;
/** Discord takes 2000 characters. */
const MAX_LENGTH = 1_900;

const titles: Readonly<Record<Trigger, (alert: Alert) => string>> = {
  failed: ({ count }) => `${plural(count, 'event')} could not be delivered`,
  delivered: ({ count }) => `${plural(count, 'event')} delivered`,
  unhealthy: () => 'unhealthy: fewer than half of its newest events are delivered',
  failing: ({ count }) => (count === 1 ? 'a destination is failing' : `${plural(count, 'destination')} are failing`),
  recovered: () => 'recovered',
  paused: () => 'a destination was paused',
  storage: () => 'its storage is filling up',
};
const order: readonly Trigger[] = ['storage', 'paused', 'failing', 'unhealthy', 'failed', 'recovered', 'delivered'];

/** One message for everything that is due: an outage of a hundred endpoints is not a hundred messages. */
export function messageOf(alerts: readonly Alert[], channel: Channel): object {
  const sorted = [...alerts].sort((a, b) => order.indexOf(a.trigger) - order.indexOf(b.trigger) || b.count - a.count);
  const escape = channel === 'slack' ? escapeSlack : escapeDiscord;
  const lines = sorted.slice(0, NAMED).map((alert) => {
    const name = escape(alert.endpointName.slice(0, NAME_LENGTH));
    const detail = alert.detail === null ? '' : ` ${escape(alert.detail.slice(0, 300))}`;
    const event = alert.eventId === null ? '' : ` (last: ${alert.eventId})`;
    return `${bold(name, channel)}: ${titles[alert.trigger](alert)}.${detail}${event}`;
  });
  if (sorted.length > NAMED) lines.push(`and ${plural(sorted.length - NAMED, 'more alert')}.`);
  return wrap(`Paggio\n${lines.join('\n')}`, channel);
}

export function testMessage(channel: Channel): object {
  return wrap('Paggio\nThis is a test: notifications of this channel arrive here.', channel);
}

function wrap(text: string, channel: Channel): object {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
  // Names come from people and reasons from destinations: none of them may call a channel together.
  return channel === 'slack' ? { text: short } : { content: short, allowed_mentions: { parse: [] } };
}

function bold(text: string, channel: Channel): string {
  return channel === 'slack' ? `*${text}*` : `**${text}**`;
}

/** https://docs.slack.dev/messaging/formatting-message-text/: these three begin links and mentions. */
function escapeSlack(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[*_~`\r\n]/g, ' ');
}

function escapeDiscord(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ').replaceAll(/[\\*_~`|<>[\]()#@]/g, '\\$&');
}

function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}
