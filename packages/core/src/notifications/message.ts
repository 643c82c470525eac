import type { Alert, Channel, Trigger } from './notification';

/** A message names at most this many alerts, and only counts the rest. */
const NAMED = 10;
const NAME_LENGTH = 80;
const DETAIL_LENGTH = 300;
/** Discord accepts 2000 characters. */
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

/** A line of a message: the subject, in bold, and what happened. Both are plain text. */
interface Line {
  subject: string;
  text: string;
}

/** Makes one message for everything that is due, so that an outage of a hundred endpoints does not send a hundred. */
export function messageOf(alerts: readonly Alert[], channel: Channel): object {
  const sorted = [...alerts].sort((a, b) => order.indexOf(a.trigger) - order.indexOf(b.trigger) || b.count - a.count);
  const lines = sorted.slice(0, NAMED).map((alert) => {
    const detail = alert.detail === null ? '' : ` ${cut(alert.detail, DETAIL_LENGTH)}`;
    const event = alert.eventId === null ? '' : ` (last: ${alert.eventId})`;
    return { subject: cut(alert.endpointName, NAME_LENGTH), text: `${titles[alert.trigger](alert)}.${detail}${event}` };
  });
  const rest = sorted.length > NAMED ? `and ${plural(sorted.length - NAMED, 'more alert')}.` : null;
  return messages[channel](lines, rest);
}

export function testMessage(channel: Channel): object {
  return messages[channel]([], 'This is a test message. Notifications of this channel arrive here.');
}

/**
 * Makes the message for each chat from lines and a closing sentence. Names in the lines come from people and details
 * from destinations, so neither may become a link, a mention or formatting.
 */
const messages: Readonly<Record<Channel, (lines: readonly Line[], closing: string | null) => object>> = {
  slack: (lines, closing) => ({
    text: markup(lines, closing, ({ subject, text }) => `*${escapeSlack(subject)}*: ${escapeSlack(text)}`),
  }),
  discord: (lines, closing) => ({
    content: markup(lines, closing, ({ subject, text }) => `**${escapeDiscord(subject)}**: ${escapeDiscord(text)}`),
    allowed_mentions: { parse: [] },
  }),
  teams: (lines, closing) => ({
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card(lines, closing) },
    ],
  }),
};

function markup(lines: readonly Line[], closing: string | null, write: (line: Line) => string): string {
  const text = ['Paggio', ...lines.map(write), ...(closing === null ? [] : [closing])].join('\n');
  return text.length > MAX_LENGTH ? `${cut(text, MAX_LENGTH)}...` : text;
}

/**
 * Makes an Adaptive Card of version 1.4, which Teams shows on every platform. Each line is a RichTextBlock, because a
 * TextBlock reads Markdown, and Teams for iOS and Android shows its escapes differently from Teams for desktops. Ten
 * lines stay far below the 28 KB that Teams accepts.
 */
function card(lines: readonly Line[], closing: string | null): object {
  const ours = (text: string, style: object = {}): object => ({ type: 'TextBlock', text, wrap: true, ...style });
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      ours('Paggio', { weight: 'Bolder', size: 'Medium' }),
      ...lines.map(({ subject, text }) => ({
        type: 'RichTextBlock',
        inlines: [
          { type: 'TextRun', text: plainTeams(subject), weight: 'Bolder' },
          { type: 'TextRun', text: `: ${plainTeams(text)}` },
        ],
      })),
      ...(closing === null ? [] : [ours(closing)]),
    ],
  };
}

/** Slack reads `&`, `<` and `>` as markup: https://docs.slack.dev/messaging/formatting-message-text/. */
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

const teamsTwins: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '[': '(', ']': ')', '{': '(', '}': ')' };

/**
 * Replaces brackets, because some forms of plain text still have a meaning that no escape removes. `<at>...</at>` is a
 * mention to Power Automate, and `{{DATE(...)}}` is a function of Adaptive Cards. A renderer that reads Markdown in
 * spite of the card finds no link in `(...)(...)`.
 */
function plainTeams(text: string): string {
  return text.replaceAll(/[<>[\]{}]/g, (one) => teamsTwins[one] ?? one).replaceAll(/\p{Cc}/gu, ' ');
}

/**
 * Cuts to `length` code units, without half of a surrogate pair, because some JSON readers refuse a text that ends so.
 */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}
