import { createServer, type AddressInfo, type Socket } from 'node:net';

// A destination that costs little: it parses requests by hand, counts them, and reads the time when each was sent.
// Messages: { reset } starts the count again, of all requests or only of those with a time; 'report' asks for the count
// since then; { until } is answered when this many have come.
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok');
const HEAD_END = Buffer.from('\r\n\r\n');

let count = 0;
let until: number | undefined;
let timedOnly = false;
let latencies: number[] = [];

function take(body: Buffer): void {
  const at = /"at":"(\d+)"/.exec(body.toString('latin1', 0, 80))?.[1];
  // This is a late repetition of an earlier request.
  if (timedOnly && at === undefined) return;
  count++;
  if (at !== undefined) latencies.push(Number(process.hrtime.bigint() - BigInt(at)) / 1e6);
  if (count === until) {
    until = undefined;
    process.send?.({ reached: count, at: String(process.hrtime.bigint()) });
  }
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
      const other = paths[text.slice(text.indexOf(' ') + 1, text.indexOf(' HTTP/'))];
      if (other) other(socket);
      else {
        take(pending.subarray(head + 4, size));
        socket.write(ANSWER);
      }
      pending = pending.subarray(size);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on('message', (word: 'report' | { reset: 'all' | 'timed' } | { until: number }) => {
  if (word === 'report') process.send?.({ count, latencies });
  else if ('reset' in word) {
    count = 0;
    latencies = [];
    timedOnly = word.reset === 'timed';
    process.send?.({ reset: true });
  } else if (count >= word.until) process.send?.({ reached: count, at: String(process.hrtime.bigint()) });
  else until = word.until;
});
process.on('disconnect', () => process.exit(0));
