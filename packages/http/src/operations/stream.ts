import type { FeedMessage } from '@paggio/core';
import type { Answer } from '../answer';
import { operation, type Operation } from '../operation';
import { toEventItem } from '../wire/event';

const RECHECK_MS = 2_000;

export const streamOperations: readonly Operation[] = [
  operation({
    id: 'events.stream',
    method: 'GET',
    path: '/api/v1/events/stream',
    scope: 'read',
    summary: 'Server-sent events: event.created and event.updated with a list item each; Last-Event-ID resumes.',
    answers: { 200: { mediaType: 'text/event-stream', description: 'Messages without end.' } },
    run: async ({ paggio, principal, request, stillValid }) => {
      const from = lastEventId(request.rawHeaders);
      return eventStream(messages(paggio.feed.follow(principal, from), stillValid));
    },
  }),
];

/** Ends within seconds of the moment when whoever reads may not any more. */
async function* messages(
  feed: AsyncGenerator<FeedMessage, void, void>,
  stillValid: () => Promise<boolean>,
): AsyncGenerator<string, void, void> {
  let checkedAt = performance.now();
  // The place to begin at is fixed before the reader learns that it is connected: what follows is not missed.
  const first = await feed.next();
  yield 'retry: 1000\n\n';
  if (first.done) return;
  yield toText(first.value);
  for await (const message of feed) {
    if (performance.now() - checkedAt > RECHECK_MS) {
      if (!(await stillValid())) return;
      checkedAt = performance.now();
    }
    // Also when it is empty: only here does the end of a reader that went away take effect.
    yield toText(message);
  }
}

/** The text format of https://html.spec.whatwg.org/multipage/server-sent-events.html */
function toText(message: FeedMessage): string {
  const id = message.position === null ? '' : `id: ${message.position}\n`;
  switch (message.type) {
    case 'tick':
      return '';
    case 'idle':
      // An id without data moves the place to resume from, and is no message.
      return `: idle\n${id}\n`;
    case 'reset':
      return `${id}event: reset\ndata: {"reason": "Events before this are not known any more: read the list."}\n\n`;
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
      ['cache-control', 'no-store'],
      // Proxies must not wait for more.
      ['x-accel-buffering', 'no'],
    ],
    body,
  };
}

function lastEventId(rawHeaders: readonly string[]): string | null {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'last-event-id');
  return at < 0 ? null : (rawHeaders[at + 1] ?? null) || null;
}
