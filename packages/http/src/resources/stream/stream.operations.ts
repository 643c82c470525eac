import type { FeedMessage } from '@paggio/core';
import type { Answer } from '../../answer';
import { valuesOf } from '../../header-values';
import { operation, type Operation } from '../../operation';
import { toEventItem } from '../events/events.wire';

/** How often the reader's access is checked. The feed sends at least a tick each second. */
const RECHECK_MS = 900;
/** How long a stream goes on while its access cannot be checked, because the database is away. */
const UNKNOWN_MS = 30_000;

export const streamOperations: readonly Operation[] = [
  operation({
    id: 'events.stream',
    method: 'GET',
    path: '/api/v1/events/stream',
    scope: 'read',
    summary:
      'Streams events as server-sent events. Each event.created and event.updated carries an item of the event list.',
    headers: {
      'Last-Event-ID': {
        description: 'The last id that an earlier stream sent. The new stream resumes after it.',
        schema: { type: 'string' },
      },
    },
    answers: { 200: { mediaType: 'text/event-stream', description: 'A stream that stays open.' } },
    run: async ({ paggio, principal, request, stillValid, takeStream }) => {
      const giveBack = takeStream();
      const from = lastEventId(request.rawHeaders);
      return eventStream(endingWith(giveBack, messages(paggio.admin.feed.follow(principal, from), stillValid)));
    },
  }),
];

/** The stream ends about two seconds after its reader has lost access. */
async function* messages(
  feed: AsyncGenerator<FeedMessage, void, void>,
  stillValid: () => Promise<boolean>,
): AsyncGenerator<string, void, void> {
  let checkedAt = performance.now();
  let validAt = checkedAt;
  // The position is fixed before the reader learns that it is connected, so that it misses nothing from then on.
  const first = await feed.next();
  yield 'retry: 1000\n\n';
  if (first.done) return;
  yield toText(first.value);
  for await (const message of feed) {
    if (performance.now() - checkedAt > RECHECK_MS) {
      const valid = await stillValid().catch(() => null);
      checkedAt = performance.now();
      if (valid === true) validAt = checkedAt;
      else if (valid === false || checkedAt - validAt > UNKNOWN_MS) return;
    }
    // Yield even an empty text: a reader that went away is noticed only at a yield.
    yield toText(message);
  }
}

/**
 * Passes the texts on, and calls `over` when they end or the reader goes away. A `finally` in the generator would be
 * too late: it does not run if no text has been asked for yet, nor while the generator waits for the next text.
 */
function endingWith(over: () => void, texts: AsyncGenerator<string, void, void>): AsyncIterableIterator<string> {
  const end = (): void => {
    over();
    void texts.return().catch(() => undefined);
  };
  return {
    async next() {
      try {
        const result = await texts.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The text format of https://html.spec.whatwg.org/multipage/server-sent-events.html */
function toText(message: FeedMessage): string {
  const id = message.position === null ? '' : `id: ${message.position}\n`;
  switch (message.type) {
    case 'tick':
      return '';
    case 'idle':
      // An id without data moves the position to resume from. It is not a message.
      return `: idle\n${id}\n`;
    case 'reset':
      return `${id}event: reset\ndata: {"reason": "Earlier changes are no longer available: read the list again."}\n\n`;
    case 'event.created':
    case 'event.updated':
      return `${id}event: ${message.type}\ndata: ${JSON.stringify(toEventItem(message.event))}\n\n`;
  }
}

function eventStream(body: AsyncIterable<string>): Answer {
  return {
    status: 200,
    headers: [
      ['content-type', 'text/event-stream; charset=utf-8'],
      // A middleware or proxy that compresses would hold messages back until it has enough of them.
      ['cache-control', 'no-store, no-transform'],
      // Proxies must not buffer messages.
      ['x-accel-buffering', 'no'],
    ],
    body,
  };
}

function lastEventId(rawHeaders: readonly string[]): string | null {
  return valuesOf(rawHeaders, 'last-event-id')[0] || null;
}
