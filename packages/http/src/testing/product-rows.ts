import { owner, query } from '@paggio/core/testing';
import type { AxiosInstance } from 'axios';
import type { Created, Host } from './host';
import { client } from './gateway-server';
import { request, type RawAnswer } from './raw-http';

export interface ProductRows {
  host: () => Host;
  base: string;
  api: () => AxiosInstance;
  create: (settings: object) => Promise<Created>;
  send: (slug: string, body: Buffer | string, type: string) => Promise<RawAnswer>;
  inProcess: boolean;
  routesFirst: boolean;
}

/** Tests what Paggio's own code decides and the bridge of a host only carries. */
export function testProduct({ host, base, api, create, send, inProcess, routesFirst }: ProductRows): void {
  test('the management API answers with its own shapes, errors included', async () => {
    const endpoint = await create({});
    expect((await api().get(`${base}/api/v1/endpoints/${endpoint.id}`)).data.slug).toBe(endpoint.slug);
    expect((await api().patch(`${base}/api/v1/endpoints/${endpoint.id}`, { name: 'new' })).data.name).toBe('new');
    expect((await api().get(`${base}/api/v1/events`, { params: { limit: 0 } })).data).toMatchObject({
      code: 'BAD_REQUEST',
      details: [{ field: 'limit' }],
    });
    const broken = await request(host().port, {
      path: `${base}/api/v1/endpoints`,
      headers: [
        ['Authorization', `Bearer ${host().key}`],
        ['Content-Type', 'application/json'],
      ],
      body: '{"name":',
    });
    expect([broken.status, JSON.parse(broken.body.toString()).code]).toEqual([400, 'BAD_REQUEST']);
    expect((await client(host().port, 'nope').get(`${base}/api/v1/events`)).data).toMatchObject({
      status: 'error',
      code: 'UNAUTHORIZED',
    });
    expect((await api().put(`${base}/api/v1/events`)).status).toBe(405);
    expect((await api().delete(`${base}/api/v1/endpoints/${endpoint.id}`)).status).toBe(204);
    const gone = await send(endpoint.slug, '{}', 'application/json');
    expect([gone.status, JSON.parse(gone.body.toString()).code]).toEqual([410, 'GONE']);
  });

  test('no answer of a webhook URL runs in a browser', async () => {
    const acknowledgement = { status: 200, content_type: 'text/xml', body: '<script>1</script>' };
    const { slug } = await create({ acknowledgement });
    const verified = await create({ verification: { provider: 'github', secrets: ['octocat'] } });
    const answers = [
      await send(slug, '{}', 'text/html'),
      await request(host().port, { method: 'GET', path: `${base}/api/webhook/${slug}/more?<script>` }),
      await send(verified.slug, '{}', 'text/html'),
      await send('unknown', '{}', 'text/html'),
      await send(slug, Buffer.alloc(1024 * 1024 + 1), 'text/html'),
    ];
    expect(
      answers.map(({ status, headers }) => [
        status,
        headers['content-security-policy'],
        headers['x-content-type-options'],
        headers['content-type'],
      ]),
    ).toEqual(
      [200, 200, 401, 404, 413].map((status) => [
        status,
        "sandbox; default-src 'none'",
        'nosniff',
        status === 200 ? 'text/xml' : 'application/json; charset=utf-8',
      ]),
    );
  });

  // The quota of another process cannot be filled from here.
  if (inProcess)
    test('a full storage quota is answered 429 with when to come back, in an answer that runs in no browser', async () => {
      const { id, slug } = await create({});
      const inside = host().inside as NonNullable<Host['inside']>;
      // Counted as if it were stored: the default quota is too large for a test to fill.
      await query(
        inside.database.url,
        `insert into paggio.endpoint_usage (endpoint_id, user_id, bytes, unverified_bytes)
         values ('${id}', '${owner.userId}', ${10 * 1024 ** 3}, ${10 * 1024 ** 3})`,
      );
      await inside.runPeriodicWork('quota');
      const answer = await send(slug, '<script>1</script>', 'text/html');
      expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([429, 'RATE_LIMITED']);
      expect(answer.headers).toMatchObject({
        'retry-after': '300',
        'content-type': 'application/json; charset=utf-8',
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
      });
      const stored = await api().get(`${base}/api/v1/events`, { params: { endpoint_id: id } });
      expect(stored.data.meta.total).toBe(0);
    });

  test('an endpoint that takes in some methods answers the others with 405 and stores nothing', async () => {
    const verification = { provider: 'dropbox', secrets: ['a secret for handshakes'] };
    const endpoint = await create({ methods: ['POST', 'PUT'] });
    const asked = await create({ methods: ['POST'], verification });
    const ask = async ({ slug }: Created, method: string, query = ''): Promise<unknown[]> => {
      const answer = await request(host().port, { method, path: `${base}/api/webhook/${slug}${query}`, body: '' });
      return [answer.status, answer.headers['allow']];
    };
    for (const method of ['DELETE', 'PATCH', 'GET'])
      expect([method, ...(await ask(endpoint, method))]).toEqual([method, 405, 'POST, PUT']);
    expect(await ask(endpoint, 'PUT')).toEqual([200, undefined]);
    // The handshake of this provider comes by GET. Any other GET is not a handshake.
    expect(await ask(asked, 'GET', '?challenge=a')).toEqual([200, undefined]);
    expect(await ask(asked, 'GET')).toEqual([405, 'POST']);
    const stored = async (id: string): Promise<number[]> =>
      Promise.all(
        ['events', 'rejections'].map(
          async (what) => (await api().get(`${base}/api/v1/${what}`, { params: { endpoint_id: id } })).data.meta.total,
        ),
      );
    expect([await stored(endpoint.id), await stored(asked.id)]).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  test('publish, statistics, rejections and secrets are there too, with the headers of the rate limit', async () => {
    const endpoint = await create({ verification: { provider: 'github', secrets: ['a secret'] } });
    const body = `{"event_type":"a","payload":{"n":1.10},"endpoint_ids":["${endpoint.id}"]}`;
    const published = await api().post(`${base}/api/v1/events`, body, {
      headers: { 'content-type': 'application/json' },
    });
    expect([published.status, published.data.deliveries[0].created]).toEqual([202, true]);
    const raw = await api().get(`${base}/api/v1/events/${published.data.deliveries[0].event_id}/raw`, {
      responseType: 'arraybuffer',
    });
    expect(Buffer.from(raw.data).toString()).toBe('{"n":1.10}');
    await send(endpoint.slug, '{}', 'application/json');
    const params = { endpoint_id: endpoint.id };
    expect((await api().get(`${base}/api/v1/rejections`, { params })).data.meta.total).toBe(1);
    const stats = await api().get(`${base}/api/v1/stats`, { params });
    expect([stats.data.captured, stats.headers['x-ratelimit-limit']]).toEqual([1, '500']);
    expect((await api().get(`${base}/api/v1/endpoints/${endpoint.id}/secret`)).data.secret).toBe(endpoint.secret);
    expect((await api().get(`${base}/api/v1/audit`)).data.data[0].action).toBe('secret.revealed');
    expect((await api().put(`${base}/api/v1/notifications`, { slack: null, discord: null })).data).toEqual({
      slack: null,
      discord: null,
      teams: null,
    });
  });

  test('every path of the API fails in the one shape of errors, also those that a router cannot decode', async () => {
    const { id } = await create({});
    const paths: [string, string, number][] = [
      ['GET', '/api/v1/endpoints/%zz', 404],
      ['GET', '/api/v1/events/%FF/raw', 404],
      ['PATCH', '/api/v1/endpoints/%', 404],
      ['DELETE', `/api/v1/endpoints/${id}/destinations/%c0%af`, 404],
      ['POST', '/e/%zz', 404],
      ['GET', '/api/v1/endpoints/', 404],
      ['GET', `/api/v1/endpoints/${id}/`, 404],
      ['DELETE', '/api/v1/endpoints/', 404],
      ['DELETE', '/api/v1/sessions/', 404],
      ['DELETE', '/api/v1/sessions//', 404],
      ['POST', '/api/v1/events/', 404],
      ['GET', `/api/v1/endpoints/key_${id}`, 404],
      ['PUT', '/api/v1/endpoints', 405],
      ['POST', '/api/v1/events/stream', 405],
    ];
    for (const [method, path, expected] of paths) {
      if (!routesFirst && path.includes('%')) continue;
      const { status, headers, data } = await api().request({ method, url: base + path, data: {} });
      expect([method, path, status]).toEqual([method, path, expected]);
      expect([path, data]).toEqual([path, expect.objectContaining({ status: 'error', request_id: expect.anything() })]);
      expect([headers['cache-control'], headers['x-content-type-options']]).toEqual(['no-store', 'nosniff']);
    }
    for (const path of ['/API/v1/endpoints', '/api/V1/endpoints'])
      expect((await api().get(base + path)).status).toBe(404);
    expect((await api().get(`${base}/api/v1/endpoints/${id}`)).status).toBe(200);
  });

  test('a 201 says where the object is, a 405 says which methods there are, and a 401 says what it asks for', async () => {
    const made = await api().post(`${base}/api/v1/endpoints`, { name: 'located' });
    expect(made.headers['location']).toBe(`${base}/api/v1/endpoints/${made.data.id}`);
    expect((await api().get(made.headers['location'])).data.id).toBe(made.data.id);
    for (const [method, path, allowed] of [
      ['PUT', '/api/v1/endpoints', 'GET, HEAD, POST'],
      ['DELETE', '/api/v1/events/stream', 'GET, HEAD'],
      ['GET', `/api/v1/events/${made.data.id}/replay`, 'POST'],
      ['POST', `/api/v1/endpoints/${made.data.id}`, 'GET, HEAD, PATCH, DELETE'],
    ] as const) {
      const { status, headers } = await api().request({ method, url: base + path });
      expect([path, status, headers['allow']]).toEqual([path, 405, allowed]);
      for (const one of allowed.split(', ').filter((name) => name === 'HEAD'))
        expect((await api().request({ method: one, url: base + path, timeout: 2_000 })).status).not.toBe(405);
    }
    const signed = await create({ verification: { provider: 'github', secrets: ['a secret'] } });
    const unsigned = await send(signed.slug, '{}', 'application/json');
    expect([unsigned.status, unsigned.headers['www-authenticate']]).toEqual([401, 'Signature realm="webhook"']);
    const ingest = await api().post(`${base}/e/${signed.id}`, {});
    expect([ingest.status, ingest.headers['www-authenticate']]).toEqual([401, 'Signature realm="webhook"']);
    const keyless = await client(host().port, 'nope').get(`${base}/api/v1/endpoints`);
    expect([keyless.status, keyless.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });
}
