import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { createKeyText } from '@paggio/core';
import { owner, Recorder, settled } from '@paggio/core/testing';
import { createFetchHandler } from './fetch-handler';
import { request, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
let recorder: Recorder;
let endpoint: { id: string; slug: string };

beforeAll(async () => {
  server = await startGatewayServer();
  recorder = await Recorder.start();
  endpoint = (await server.api().post('/api/v1/endpoints', { name: 's', destination_url: recorder.url() })).data;
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
});

interface Message {
  id?: string;
  event?: string;
  data?: any;
}

/** Reads server-sent events on its own connection. */
class EventSource {
  readonly messages: Message[] = [];
  /** The newest id of any block, even of one without a message. */
  lastId: string | undefined;
  text = '';
  private waiting: (() => void)[] = [];

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const blocks = this.text.split('\n\n');
      this.text = blocks.pop() as string;
      for (const block of blocks) this.take(block);
    });
  }

  static async open(key: string, headers: Record<string, string> = {}): Promise<EventSource> {
    const call = httpRequest({
      port: server.port,
      path: '/api/v1/events/stream',
      headers: { authorization: `Bearer ${key}`, ...headers },
    }).end();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    const source = new EventSource(response);
    if (response.statusCode === 200) await once(response, 'data');
    return source;
  }

  async until(done: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(done);
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  close(): void {
    this.response.destroy();
  }

  private take(block: string): void {
    const message: Message = {};
    for (const line of block.split('\n')) {
      if (line.startsWith('id: ')) message.id = line.slice(4);
      if (line.startsWith('event: ')) message.event = line.slice(7);
      if (line.startsWith('data: ')) message.data = JSON.parse(line.slice(6));
    }
    this.lastId = message.id ?? this.lastId;
    if (message.event !== undefined) this.messages.push(message);
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

async function send(): Promise<string> {
  const answer = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{"type":"a"}' });
  return answer.headers['paggio-event-id'] as string;
}

test('a stream sends list items live, and resumes from Last-Event-ID without a gap', async () => {
  const source = await EventSource.open(server.key);
  expect(source.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-ratelimit-limit': '500',
  });
  const id = await send();
  const created = await source.until(({ event, data }) => event === 'event.created' && data.id === id);
  await settled(server.paggio, owner, id);
  const list = (await server.api().get('/api/v1/events', { params: { limit: 1 } })).data.data[0];
  expect(Object.keys(created.data)).toEqual(Object.keys(list));
  await source.until(({ data }) => data.id === id && data.status === 'delivered');
  // The event may have been delivered before it was sent as created, with its update still to come. A message about a
  // later event comes after both.
  const later = await send();
  await source.until(({ data }) => data.id === later);
  const last = source.messages.findLast((message) => message.id !== undefined)?.id as string;
  source.close();
  const missed = [await send(), await send(), await send()];
  const resumed = await EventSource.open(server.key, { 'Last-Event-ID': last });
  for (const one of missed) await resumed.until(({ data }) => data.id === one);
  expect(resumed.messages.some(({ data }) => data.id === id)).toBe(false);
  resumed.close();
  const lost = await EventSource.open(server.key, { 'Last-Event-ID': 'nonsense' });
  expect(await lost.until(() => true)).toMatchObject({ event: 'reset', id: expect.any(String) });
  lost.close();
});

test('a stream ends soon after its key is revoked', async () => {
  const { data } = await server.api().post('/api/v1/keys', { name: 'reader', scopes: ['read'] });
  const source = await EventSource.open(data.key);
  const closed = once(source.response, 'close');
  await server.api().delete(`/api/v1/keys/${data.id}`);
  await closed;
  expect((await EventSource.open(data.key)).response.statusCode).toBe(401);
});

const full = process.env['PAGGIO_FULL'] === '1';

test('all streams of revoked keys end while wrong keys flood in from the same address', async () => {
  const made = await Promise.all(
    Array.from({ length: full ? 20 : 2 }, async () => {
      const { data } = await server.api().post('/api/v1/keys', { name: 'reader', scopes: ['read'] });
      return data as { id: string; key: string };
    }),
  );
  const sources = await Promise.all(
    made.flatMap(({ key }) => Array.from({ length: full ? 20 : 5 }, () => EventSource.open(key))),
  );
  expect(sources.map(({ response }) => response.statusCode)).toEqual(sources.map(() => 200));
  let flooding = true;
  const refusals = { 401: 0, 429: 0 } as Record<number, number>;
  let emptied: () => void;
  const isEmpty = new Promise<void>((done) => (emptied = done));
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const flood = Array.from({ length: 20 }, async () => {
    while (flooding) {
      // Their checksums are right, so only the database knows that they are not keys.
      const authorization = `Bearer ${createKeyText('live')}`;
      const call = httpRequest({ agent, port: server.port, path: '/api/v1/events', headers: { authorization } }).end();
      const [response] = (await once(call, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      refusals[response.statusCode as number] = (refusals[response.statusCode as number] ?? 0) + 1;
      if ((refusals[429] as number) > (full ? 100 : 20)) emptied();
      if (!full) await new Promise((next) => setTimeout(next, 20));
    }
  });
  await isEmpty;
  const ends = Promise.all(sources.map(({ response }) => once(response, 'close').then(() => performance.now())));
  await Promise.all(made.map(({ id }) => server.api().delete(`/api/v1/keys/${id}`)));
  const revoked = performance.now();
  const last = Math.max(...(await ends)) - revoked;
  flooding = false;
  await Promise.all(flood);
  agent.destroy();
  expect(Object.keys(refusals)).toEqual(['401', '429']);
  // The promise is two seconds. A busy machine gets ten times as long.
  expect(last).toBeLessThan(20_000);
  if (process.env['SHOW']) console.log(last, refusals);
}, 60_000);

test('a key may have 20 open streams, and a closed one makes room', async () => {
  const { data } = await server.api().post('/api/v1/keys', { name: 'many', scopes: ['read'] });
  const sources = await Promise.all(Array.from({ length: 20 }, () => EventSource.open(data.key)));
  const refused = await server.api(data.key).get('/api/v1/events/stream', { validateStatus: () => true });
  expect([refused.status, refused.data, refused.headers['retry-after']]).toEqual([
    429,
    expect.objectContaining({ code: 'RATE_LIMITED', hint: expect.stringContaining('Close one of them') }),
    '5',
  ]);
  // Each key has its own count, and a HEAD request leaves nothing open.
  const other = await EventSource.open(server.key);
  expect(other.response.statusCode).toBe(200);
  other.close();
  sources[0]?.close();
  let again = await EventSource.open(data.key);
  while (again.response.statusCode === 429) again = await EventSource.open(data.key);
  expect(again.response.statusCode).toBe(200);
  for (const source of [...sources, again]) source.close();
  for (let n = 0; n < 21; n++) expect((await server.api().head('/api/v1/events/stream')).status).toBe(200);
});

test('a reader that goes away is removed', async () => {
  const { feed } = server.paggio.admin;
  const follow = feed.follow.bind(feed);
  let readers = 0;
  const counting = jest.spyOn(feed, 'follow').mockImplementation(async function* (...args) {
    readers++;
    try {
      yield* follow(...args);
    } finally {
      readers--;
    }
  });
  const sources = await Promise.all(Array.from({ length: 5 }, () => EventSource.open(server.key)));
  while (readers < 5) await new Promise((done) => setTimeout(done, 20));
  for (const source of sources) source.close();
  while (readers > 0) await new Promise((done) => setTimeout(done, 20));
  counting.mockRestore();
});

test('a Fetch handler streams too', async () => {
  const handle = createFetchHandler(server.paggio);
  const response = await handle(
    new Request('http://localhost/api/v1/events/stream', { headers: { authorization: `Bearer ${server.key}` } }),
  );
  const reader = (response as Response).body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  let text = '';
  const id = await send();
  while (!text.includes(id)) {
    const { value, done } = await reader.read();
    expect(done).toBe(false);
    text += Buffer.from(value as Uint8Array).toString();
  }
  await reader.cancel();
});

test('a reader that lost its connection before the first event gets the events that it missed', async () => {
  const first = await EventSource.open(server.key);
  while (first.lastId === undefined) await once(first.response, 'data');
  first.close();
  const missed = await send();
  const again = await EventSource.open(server.key, { 'last-event-id': first.lastId });
  await again.until(({ event, data }) => event === 'event.created' && data.id === missed);
  again.close();
});
