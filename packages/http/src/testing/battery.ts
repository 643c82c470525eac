import { createHmac, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createKeyText } from '@paggio/core';
import { owner, Recorder, settled, type RecordedRequest } from '@paggio/core/testing';
import axios from 'axios';
import { client } from './gateway-server';
import type { Created, Host } from './host';
import { operations } from '../resources/operations';
import { testProduct } from './product-rows';
import { build, request, sendRaw, statusesOf, type RawAnswer, type RawRequest } from './raw-http';

const full = process.env['PAGGIO_FULL'] === '1';

/**
 * Tests the contract that every host must keep. The host has a route `POST /host/echo` behind its own JSON parser,
 * which answers with the parsed body, and Paggio mounted at `base`. The options:
 * - `ownsConnection`: whether Paggio decides when a connection closes. Behind Fetch, the host does.
 * - `dashboard`: whether the host serves the dashboard.
 * - `inProcess`: whether the host runs in the process of the tests. Otherwise it has another `paggio` than the tests.
 * - `streams`: whether the transport has sockets. A transport without them passes requests and answers only as a
 *   whole.
 * - `routesFirst`: whether Paggio comes before the framework's router, which otherwise answers paths that it cannot
 *   decode.
 * - `attached`: whether the handler knows its server.
 * - `whole`: also tests what Paggio's own code decides and a bridge only carries. One host of each kind is enough for
 *   that; the full check tests every host.
 */
export function describeHost(
  name: string,
  start: () => Promise<Host>,
  base = '',
  {
    ownsConnection = true,
    dashboard = true,
    inProcess = true,
    streams = true,
    routesFirst = true,
    attached = false,
    whole = false,
  }: {
    ownsConnection?: boolean;
    dashboard?: boolean;
    inProcess?: boolean;
    streams?: boolean;
    routesFirst?: boolean;
    attached?: boolean;
    whole?: boolean;
  } = {},
): void {
  describe(name, () => {
    let host: Host;
    let recorder: Recorder;

    beforeAll(async () => {
      host = await start();
      recorder = await Recorder.start();
    }, 90_000);

    afterAll(async () => {
      await recorder.stop();
      await host.stop();
    });

    const api = (): ReturnType<typeof client> => client(host.port, host.key);
    const create = async (settings: object): Promise<Created> => {
      const { status, data } = await api().post(`${base}/api/v1/endpoints`, { name: 'host', ...settings });
      expect([status, data.code]).toEqual([201, undefined]);
      return data;
    };
    let made: Promise<Created> | undefined;
    /** One endpoint with a destination for the tests that look at single events only. */
    const shared = (): Promise<Created> => (made ??= create({ destination_url: recorder.url() }));
    const send = (slug: string, body: Buffer | string, type: string): Promise<RawAnswer> =>
      request(host.port, { path: `${base}/api/webhook/${slug}`, headers: [['Content-Type', type]], body });
    /** Waits until an event arrives at its destination. It does not ask the database, which costs more than the delivery. */
    const delivered = async (id: string): Promise<RecordedRequest> => {
      for (;;) {
        const { requests } = recorder;
        const found = requests.find(({ headers }) => headers['webhook-id'] === id);
        if (found) return found;
        await recorder.received(requests.length + 1);
      }
    };

    test('exact bytes of any type and size reach the destination', async () => {
      const endpoint = await shared();
      expect(endpoint.webhook_url).toContain(`${base}/api/webhook/${endpoint.slug}`);
      const bodies: [string, Buffer][] = [
        ['application/json', Buffer.from('{ "a" : 1.10, "a": 2 }\n')],
        ['application/json', Buffer.from('{broken')],
        ['application/json', Buffer.concat([Buffer.from('"'), Buffer.alloc(300_000, 0x61), Buffer.from('"')])],
        ['application/x-www-form-urlencoded', Buffer.from('a=%00&a=+')],
        ['application/octet-stream', randomBytes(2_000)],
        ['text/plain', Buffer.alloc(0)],
      ];
      const path = `${base}/api/webhook/${endpoint.slug}`;
      const kept = await Promise.all(
        bodies.map(async ([type, body]) => {
          const answer = await send(endpoint.slug, body, type);
          const id = answer.headers['paggio-event-id'] as string;
          if (answer.status !== 200) return [type, answer.status];
          const [sent, event] = [await delivered(id), await host.paggio.admin.events.get(owner, id)];
          return [type, answer.status, event.path, event.body.equals(body), sent.body.equals(body)];
        }),
      );
      expect(kept).toEqual(bodies.map(([type]) => [type, 200, path, true, true]));
    });

    test("the sender's headers are verified, stored and delivered, however the transport brings them", async () => {
      const verification = { provider: 'github', secrets: ['octocat'] };
      const body = '{"action":"opened"}';
      const signature = `sha256=${createHmac('sha256', 'octocat').update(body).digest('hex')}`;
      const verify = async ({ slug }: Created): Promise<void> => {
        const answer = await request(host.port, {
          path: `${base}/api/webhook/${slug}`,
          headers: [
            ['Host', 'hooks.example.test'],
            ['Content-Type', 'application/json'],
            ['X-GitHub-Event', 'issues'],
            ['X-Hub-Signature-256', signature],
            ['X-Many', 'one'],
            ['X-Many', 'two'],
          ],
          body,
        });
        expect(answer.status).toBe(200);
        const id = answer.headers['paggio-event-id'] as string;
        const sent = await delivered(id);
        const event = await settled(host.paggio, owner, id);
        expect([event.status, event.attempts.map(({ error }) => error)]).toEqual(['delivered', [null]]);
        expect(sent.headers).toMatchObject({
          'content-type': 'application/json',
          'x-github-event': 'issues',
          'x-hub-signature-256': signature,
          'x-many': 'one, two',
        });
        const { headers } = (await api().get(`${base}/api/v1/events/${event.id}`)).data;
        expect(headers).toMatchObject({ host: 'hooks.example.test', 'content-type': 'application/json' });
        expect(Object.keys(headers).filter((name) => name.startsWith(':'))).toEqual([]);
      };
      const verifying = await create({ destination_url: recorder.url(), verification });
      await Promise.all([verify(verifying), verify(await shared())]);
    });

    const streaming = streams ? test : test.skip;

    streaming('a request without a valid key is refused on its headers, while its body is still arriving', async () => {
      // One operation of each kind; the full check takes all of them.
      const kinds = ['events.list', 'events.publish', 'endpoints.create', 'endpoints.update', 'ingest.signed'];
      const sessions = dashboard ? ['GET /session', 'PATCH /session', 'POST /api/v1/endpoints'] : [];
      const routes = [
        // The path of metrics belongs to the host unless it serves Paggio's, and the parser of the host may wait for
        // the body.
        ...operations
          .filter(({ id, scope, part }) => scope !== null && part !== 'metrics' && (full || kinds.includes(id)))
          .map(({ method, path }) => `${method} ${base}${path}`),
        ...sessions.map((route) => route.replace(' ', ` ${base}/dashboard`)),
      ];
      const answers = await Promise.all(
        routes.map(async (route) => {
          const [method = '', path = ''] = route.replace(/:\w+/g, '01a1feba-f6e4-7000-a9af-4d30305a647b').split(' ');
          const invented = `Bearer ${createKeyText('live')}`;
          const answer = await sendRaw(
            host.port,
            build({
              method,
              path,
              headers: [
                ['Authorization', invented],
                ['Content-Type', 'application/json'],
                ['Origin', 'http://gateway.localhost'],
              ],
              contentLength: 1_000_000,
              body: '{',
            }),
          );
          return [route, [401, 429, 404].includes(answer.status) ? 'refused' : answer.status];
        }),
      );
      expect(answers).toEqual(routes.map((route) => [route, 'refused']));
    });

    if (attached)
      test('a sender that waits for 100 Continue gets it when its body is wanted, and else only the final status', async () => {
        const { id, slug } = await create({});
        const wanted: [string, string][] = [
          ['Authorization', `Bearer ${host.key}`],
          ['Content-Type', 'application/json'],
        ];
        const ask = (path: string, headers: [string, string][], length: number): Promise<number[]> =>
          statusesOf(host.port, {
            path,
            headers: [...headers, ['Expect', '100-continue']],
            body: `"${'a'.repeat(length - 2)}"`,
          });
        const webhook = `${base}/api/webhook/${slug}`;
        const tooLong = 1024 * 1024 + 1;
        const pj: [string, string][] = [
          ['X-PJ-Timestamp', String(Math.floor(Date.now() / 1000))],
          ['X-PJ-Signature', 'a'.repeat(64)],
        ];
        const answers: [string, number[]][] = [
          ['a webhook', await ask(webhook, [], 100)],
          ['a webhook that is too long', await ask(webhook, [], tooLong)],
          ['an unknown webhook', await ask(`${webhook}-none`, [], 100)],
          ['publishing', await ask(`${base}/api/v1/events`, wanted, 100)],
          ['publishing without a key', await ask(`${base}/api/v1/events`, [], 100)],
          ['publishing too much', await ask(`${base}/api/v1/events`, wanted, tooLong)],
          ['a compressed body', await ask(`${base}/api/v1/events`, [...wanted, ['Content-Encoding', 'gzip']], 100)],
          ['a wrong query', await ask(`${base}/api/v1/endpoints?a=b`, wanted, 100)],
          ['a method that is not possible', await ask(`${base}/api/v1/stats`, wanted, 100)],
          ['signed ingest', await ask(`${base}/e/${id}`, [...wanted, ...pj], 100)],
          ['signed ingest without a signature', await ask(`${base}/e/${id}`, wanted, 100)],
          ['signed ingest that is too long', await ask(`${base}/e/${id}`, [...wanted, ...pj], tooLong)],
          ['signed ingest for nobody', await ask(`${base}/e/${id}0`, [...wanted, ...pj], 100)],
          ['a route of the host', await ask('/host/echo', [['Content-Type', 'application/json']], 2)],
        ];
        expect(answers).toEqual([
          ['a webhook', [100, 200]],
          ['a webhook that is too long', [413]],
          ['an unknown webhook', [404]],
          ['publishing', [100, 422]],
          ['publishing without a key', [401]],
          ['publishing too much', [413]],
          ['a compressed body', [415]],
          ['a wrong query', [400]],
          ['a method that is not possible', [405]],
          ['signed ingest', [100, 401]],
          ['signed ingest without a signature', [401]],
          ['signed ingest that is too long', [413]],
          ['signed ingest for nobody', [404]],
          ['a route of the host', [100, expect.any(Number)]],
        ]);
        const { total } = (await api().get(`${base}/api/v1/events`, { params: { endpoint_id: id } })).data.meta;
        expect(total).toBe(1);
      });

    test('handshakes of every method are answered as the provider wants, and wrong signatures too', async () => {
      const ask = async (provider: string, input: Partial<RawRequest>, query = ''): Promise<unknown> => {
        const secrets = provider === 'asana' ? [] : ['a secret for handshakes'];
        const public_url = provider === 'trello' ? 'https://hooks.example.test/in' : null;
        const { slug } = await create({ verification: { provider, secrets, public_url } });
        const answer = await request(host.port, { ...input, path: `${base}/api/webhook/${slug}${query}` });
        const { 'x-content-type-options': sniff, 'x-hook-secret': echoed } = answer.headers;
        return [answer.status, answer.body.toString(), sniff, echoed];
      };
      expect(await ask('trello', { method: 'HEAD' })).toEqual([200, '', 'nosniff', undefined]);
      expect(await ask('dropbox', { method: 'GET' }, '?challenge=%3Cb%3E')).toEqual([200, '<b>', 'nosniff', undefined]);
      const secret = 'a secret that Asana made';
      const hook: [string, string][] = [['X-Hook-Secret', secret.replaceAll(' ', '-')]];
      expect(await ask('asana', { body: '{}', headers: hook })).toEqual([
        200,
        '',
        'nosniff',
        secret.replaceAll(' ', '-'),
      ]);
      expect(await ask('xero', { body: '{"events":[]}', headers: [['X-Xero-Signature', 'x']] })).toEqual([
        401,
        '',
        'nosniff',
        undefined,
      ]);
    });

    test('signed ingest takes the exact bytes, whatever parsers the host has', async () => {
      const endpoint = await shared();
      const body = '{ "event_type": "a", "payload": 12345678901234567890 }\n';
      const timestamp = String(Math.floor(Date.now() / 1000));
      const sign = (text: string): string =>
        createHmac('sha256', endpoint.secret).update(`${timestamp}.${text}`).digest('hex');
      const ingest = (signature: string): Promise<RawAnswer> =>
        request(host.port, {
          path: `${base}/e/${endpoint.id}?x=%20`,
          headers: [
            ['Authorization', `Bearer ${host.key}`],
            ['X-PJ-Timestamp', timestamp],
            ['X-PJ-Signature', signature],
            ['Content-Type', 'application/json'],
          ],
          body,
        });
      const taken = await ingest(sign(body));
      expect(taken.status).toBe(202);
      const event = await host.paggio.admin.events.get(owner, JSON.parse(taken.body.toString()).id);
      expect([event.body.toString(), event.path, event.query]).toEqual([body, `${base}/e/${endpoint.id}`, 'x=%20']);
      const refused = await ingest(sign('other'));
      expect([refused.status, JSON.parse(refused.body.toString()).code]).toEqual([401, 'INVALID_SIGNATURE']);
    });

    streaming('the event stream is live', async () => {
      const endpoint = await create({});
      const stream = await api().get(`${base}/api/v1/events/stream`, { responseType: 'stream' });
      expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
      expect(stream.headers).toMatchObject({ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' });
      let text = '';
      const arrived = new Promise<void>((done) =>
        (stream.data as Readable).on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.includes(endpoint.id)) done();
        }),
      );
      await send(endpoint.slug, '{}', 'application/json');
      await arrived;
      expect(text).toContain('event: event.created');
      (stream.data as Readable).destroy();
    });

    (dashboard ? test : test.skip)(
      'the dashboard is there at every depth, with its files and its sessions',
      async () => {
        const browser = axios.create({
          baseURL: `http://127.0.0.1:${host.port}${base}/dashboard`,
          headers: { origin: `http://127.0.0.1:${host.port}` },
          validateStatus: () => true,
          maxRedirects: 0,
        });
        const page = String((await browser.get('/events/01a1feba-f6e4-7000-a9af-4d30305a647b')).data);
        expect((await browser.get('')).data).toBe(page);
        const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file as string);
        expect(files.length).toBeGreaterThanOrEqual(3);
        for (const file of files) {
          expect(file).toMatch(new RegExp(`^${base}/dashboard/assets/[^/]+$`));
          const answer = await axios.get(`http://127.0.0.1:${host.port}${file}`, { responseType: 'arraybuffer' });
          expect(answer.headers['cache-control']).toContain('immutable');
        }
        expect((await browser.get('/session')).status).toBe(401);
        const signedIn = await browser.post('/session', { key: host.key });
        const headers = { cookie: (signedIn.headers['set-cookie']?.[0] ?? '').split(';')[0] };
        expect(signedIn.headers['set-cookie']?.[0]).toContain(`Path=${base}/dashboard;`);
        expect((await browser.get('/session', { headers })).data).toMatchObject({
          user_id: owner.userId,
          by: 'session',
        });
        expect((await browser.get('/api/v1/endpoints', { headers })).status).toBe(200);
        expect((await browser.delete('/session', { headers })).status).toBe(204);
        expect((await browser.get('/session', { headers })).status).toBe(401);
      },
    );

    test('a body that is too large is answered with 413 and Connection: close', async () => {
      const endpoint = await shared();
      const answer = await send(endpoint.slug, Buffer.alloc(1024 * 1024 + 1), 'text/plain');
      expect([answer.status, answer.headers['connection']]).toEqual([
        413,
        ownsConnection ? 'close' : expect.anything(),
      ]);
    });

    test('an acknowledgement without a body is sent without one, in every host', async () => {
      for (const status of [204, 205]) {
        const refused = await api().post(`${base}/api/v1/endpoints`, {
          name: 'a',
          acknowledgement: { status, content_type: null, body: 'xx' },
        });
        expect([refused.status, refused.data.details[0].field]).toEqual([422, 'acknowledgement.body']);
        const { slug } = await create({ acknowledgement: { status, content_type: null, body: '' } });
        const headers: [string, string][] = [['Connection', 'close']];
        const answer = await request(host.port, { path: `${base}/api/webhook/${slug}`, headers, body: '{}' });
        expect([answer.status, answer.body.toString()]).toEqual([status, '']);
        expect(answer.headers['content-type']).toBeUndefined();
        if (status === 204) expect(answer.headers['content-length']).toBeUndefined();
      }
    });

    test("the host's own routes, parser and 404 are unharmed [EMB-02]", async () => {
      expect((await client(host.port, '').post('/host/echo', { a: 1 })).data).toEqual({ echo: { a: 1 } });
      expect((await client(host.port, '').get('/nowhere')).status).toBe(404);
      expect((await client(host.port, '').get(`${base}/api/v1/of-the-host`)).status).toBe(404);
      expect((await client(host.port, '').get(`${base}/api/v1/of-the-host`)).data?.code).toBeUndefined();
    });

    if (whole || full) testProduct({ host: () => host, base, api, create, send, inProcess, routesFirst });
  });
}
