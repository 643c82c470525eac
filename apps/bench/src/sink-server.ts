import { createServer, type AddressInfo, type Socket } from 'node:net';

// A destination that costs little: it parses requests by hand, counts them by path, and reads the time when each was
// sent. Messages name a path: { path, reset } starts its count again, of all requests, or only of the first of each time;
// { path, report } asks for the count since then; { path, until } is answered when this many have come.
export type SinkWord = { path: string } & ({ reset: 'all' | 'timed' } | { report: true } | { until: number });

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok');
const SLOW_MS = 300;
const HEAD_END = Buffer.from('\r\n\r\n');

class Count {
  count = 0;
  latencies: number[] = [];
  timedOnly = false;
  private readonly seen = new Set<string>();
  until: number | undefined;

  take(body: Buffer): void {
    const at = /"at":"(\d+)"/.exec(body.toString('latin1', 0, 80))?.[1];
    // This is a late repetition of an earlier request.
    if (this.timedOnly && (at === undefined || this.seen.has(at))) return;
    this.count++;
    if (at !== undefined) {
      if (this.timedOnly) this.seen.add(at);
      this.latencies.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6);
    }
    if (this.count === this.until) {
      this.until = undefined;
      this.sayReached();
    }
  }

  sayReached(): void {
    process.send?.({ reached: this.count, at: String(process.hrtime.bigint()) });
  }
}

const counts = new Map<string, Count>();
function countOf(path: string): Count {
  let count = counts.get(path);
  if (count === undefined) counts.set(path, (count = new Count()));
  return count;
}

const paths: Record<string, (socket: Socket) => void> = {
  // Accepts requests and never answers.
  '/hang': () => undefined,
  '/fail': (socket) => void socket.write('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n'),
};

const server = createServer((socket) => {
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const head = pending.indexOf(HEAD_END);
      if (head < 0) return;
      const text = pending.toString('latin1', 0, head);
      const size = head + 4 + Number(/\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (pending.length < size) return;
      const path = text.slice(text.indexOf(' ') + 1, text.indexOf(' HTTP/'));
      const other = paths[path];
      if (other) other(socket);
      else {
        countOf(path).take(pending.subarray(head + 4, size));
        if (path.startsWith('/slow/')) setTimeout(() => socket.write(ANSWER), SLOW_MS);
        else socket.write(ANSWER);
      }
      pending = pending.subarray(size);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on('message', (word: SinkWord) => {
  if ('reset' in word) {
    counts.delete(word.path);
    countOf(word.path).timedOnly = word.reset === 'timed';
    process.send?.({ reset: true });
    return;
  }
  const count = countOf(word.path);
  if ('report' in word) process.send?.({ count: count.count, latencies: count.latencies });
  else if (count.count >= word.until) count.sayReached();
  else count.until = word.until;
});
process.on('disconnect', () => process.exit(0));
