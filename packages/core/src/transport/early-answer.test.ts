import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { readBeforeFailing } from './early-answer';

/** Answers after the first bytes and closes with more bytes unread, which resets the connection. */
const ANSWERS_EARLY = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.pause().write('HTTP/1.1 410 Gone\\r\\n\\r\\n', () => {
      socket.destroy();
      setTimeout(() => { Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0); }, 50);
    }));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

let worker: Worker;
afterEach(() => worker.terminate());

/** The events of a connection when the answer and the reset arrive between two writes. */
async function talk(prepare: (socket: Socket) => void): Promise<string[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  worker = new Worker(ANSWERS_EARLY, { eval: true, workerData: gate });
  const port = await new Promise<number>((done) => worker.once('message', done));
  const socket = connect(port, '127.0.0.1');
  prepare(socket);
  const said: string[] = [];
  socket.on('data', (chunk: Buffer) => said.push(chunk.toString('latin1').split('\r\n')[0] as string));
  socket.on('end', () => said.push('end'));
  socket.on('error', (error: NodeJS.ErrnoException) => said.push(error.code as string));
  await new Promise((done) => socket.once('connect', done));
  socket.write(Buffer.alloc(200_000, 0x61));
  // This thread reads nothing until then, so the next write is the first to meet the reset.
  Atomics.wait(gate, 0, 0);
  socket.write('the rest');
  await new Promise((done) => socket.once('close', done));
  return said;
}

test('an answer that has arrived when a write fails is read before the failure is reported', async () => {
  const said = await talk(readBeforeFailing);
  expect(said[0]).toBe('HTTP/1.1 410 Gone');
});

test('without `readBeforeFailing` Node discards the answer', async () => {
  const said = await talk(() => undefined);
  expect(said).toEqual([expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/)]);
});
