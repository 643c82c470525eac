import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chance } from '../seed';
import { createLog, toLine, type Outcome } from '../ledger-file';
import { MESSAGE_HEADER } from '../message';
import { SLOW_MS, type Hold, type RecorderReport, type RecorderWord } from './recorder-order';

const seed = Number(process.argv[3]);
const log = createLog(process.argv[2] as string);
const report: RecorderReport = { accepted: 0, refused: 0, unanswered: 0 };
let hold: Hold | undefined;
let isDown = false;

interface Seen {
  n: number;
  sha256: string;
  eventId: string;
  originId: string;
  attempt: number;
}

function text(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : '-';
}

function keep(seen: Seen, outcome: Outcome): void {
  report[outcome]++;
  log.write(`${toLine({ ...seen, outcome, at: Date.now() })}\n`);
}

/** Whether this request must be held at this point. */
function isHeld(point: Hold['point']): boolean {
  if (hold?.point !== point || hold.after-- > 0) return false;
  hold = undefined;
  process.send?.({ held: point });
  return true;
}

function answer(response: ServerResponse, seen: Seen, status: number): void {
  // The answer was written in full, so the destination has done its work, even if nobody reads the answer.
  response.once('finish', () => keep(seen, status < 300 ? 'accepted' : 'refused'));
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok');
}

/** What a rough destination does with a message. Most faults hit only the first attempt, because they are temporary. */
function roughly(request: IncomingMessage, response: ServerResponse, seen: Seen): void {
  const fate = chance(seed, seen.n, 3);
  if (fate < 0.01) return answer(response, seen, 422);
  if (seen.attempt > 1) return answer(response, seen, 200);
  if (fate < 0.1) return answer(response, seen, 503);
  if (fate < 0.13) {
    keep(seen, 'unanswered');
    request.socket.resetAndDestroy();
  } else if (fate < 0.15) keep(seen, 'unanswered');
  else if (fate < 0.25) setTimeout(() => answer(response, seen, 200), 50 + fate * 3_000);
  else answer(response, seen, 200);
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (isHeld('head')) return;
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  // A request that is cut off has delivered nothing.
  request.on('error', () => undefined);
  request.on('end', () => {
    const seen = {
      n: Number(text(request, MESSAGE_HEADER)),
      sha256: hash.digest('hex'),
      eventId: text(request, 'paggio-event-id'),
      originId: text(request, 'webhook-id'),
      attempt: Number(text(request, 'paggio-attempt')),
    };
    if (isHeld('request')) return keep(seen, 'unanswered');
    if (isHeld('half_answer')) {
      keep(seen, 'unanswered');
      response.writeHead(200, { 'content-length': 20 }).write('half of it');
    } else if (isDown) answer(response, seen, 503);
    else if (request.url?.startsWith('/slow')) setTimeout(() => answer(response, seen, 200), SLOW_MS);
    else if (request.url?.startsWith('/rough')) roughly(request, response, seen);
    else answer(response, seen, 200);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
  process.send?.('ready');
});

process.on('message', (word: RecorderWord) => {
  if (word === 'report') process.send?.({ report });
  else if ('hold' in word) hold = word.hold;
  else isDown = word.down;
});
process.on('disconnect', () => process.exit());
