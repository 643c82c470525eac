import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { catalogue, createScheme, type SchemeSpec } from '@paggio/providers';
import {
  allSettled,
  migratedDatabase,
  dumpOf,
  Recorder,
  spellingsOf,
  until,
  type RecordedRequest,
  type TestDatabase,
} from '@paggio/core/testing';
import { dialectNames, dialects } from './dialects';
import { operations } from './resources/operations';
import { startGatewayServer, type GatewayServer } from './testing/gateway-server';
import { request, type RawAnswer } from './testing/raw-http';

/** One way to carry a credential, with a request that does. */
interface Case {
  name: string;
  verification: object;
  headers: [string, string][];
  query: string;
  body: Buffer;
  /** Texts that must be neither in the database nor in anything shown to a reader. */
  secrets: string[];
  /** The same request with another credential, which is refused. */
  wrong: Pick<Case, 'headers' | 'query' | 'body' | 'secrets'>;
}

const random = (): string => randomBytes(18).toString('hex');
/** The body is too large to travel with a claim, so it is read when its attempt begins. */
const PADDING = 'ä'.repeat(66_000);

function bodyOf(spec: SchemeSpec, padded: boolean): Buffer {
  const note = padded ? PADDING : 'x';
  const own = spec.kind === 'token' && spec.body?.list !== undefined;
  const auth = spec.kind === 'token' && spec.body?.list === undefined && spec.body ? [{ passcode: '?', note }] : [];
  const value = own
    ? [
        { id: random(), clientState: '?', note },
        { clientState: '?', id: random(), resource: { clientState: '' } },
      ]
    : note;
  return Buffer.from(JSON.stringify({ value, auth, id: random(), n: 1 }, null, 1));
}

function caseOf(name: string, spec: SchemeSpec, verification: object, padded: boolean): Case {
  const scheme = createScheme(spec);
  const body = bodyOf(spec, padded);
  const signed = (): Pick<Case, 'headers' | 'query' | 'body' | 'secrets'> & { secret: string } => {
    const { secret, signingKey } = scheme.createTestSecret();
    const cookie = random();
    const bearer = random();
    const proxy = random();
    const parts = scheme.sign({
      method: 'POST',
      body,
      rawHeaders: [],
      secret: signingKey,
      publicUrl: null,
      timestamp: Date.now(),
      id: random(),
    });
    const carried = parts.headers.map(([, value]) => value.replace(/^(Bearer|Basic|Token) /, ''));
    const basic = carried.map((value) => Buffer.from(value, 'base64').toString());
    const owned = parts.headers.some(([header]) => header === 'authorization');
    return {
      secret,
      headers: [
        ['Content-Type', 'application/json'],
        ['X-Plain', 'Kept as it came'],
        ...parts.headers.map(([header, value]): [string, string] => [header.toUpperCase(), value]),
        ['cookie', `session=${cookie}; theme=dark`],
        ...(owned ? [] : [['Authorization', `Bearer ${bearer}`] as [string, string]]),
        ['Proxy-Authorization', `Basic ${proxy}`],
        ['X-Last', '***'],
      ],
      query: ['a=%20b', ...(parts.query === undefined ? [] : [parts.query]), 'z'].join('&'),
      body: parts.body ?? body,
      // A public key is not a secret, and neither is a key that only signs.
      secrets: [
        ...carried,
        ...(spec.kind === 'token' ? [secret, ...(spec.basic ? basic : [])] : []),
        cookie,
        proxy,
      ].concat(owned ? [] : [bearer]),
    };
  };
  const { secret, ...right } = signed();
  const { secret: _, ...wrong } = signed();
  return { name, verification: { ...verification, secrets: [secret] }, ...right, wrong };
}

const carriers = catalogue.flatMap(({ name, spec }) =>
  Object.entries(spec.schemes)
    .filter(([, one]) => one.kind === 'token' || (one.kind === 'jwt' && one.header !== undefined && !one.bodyHash))
    .map(([scheme, one]) => ({ name: `${name} ${scheme}`, spec: one, verification: { provider: name, scheme } })),
);
const full = process.env['PAGGIO_FULL'] === '1';
/** Other spellings of the following ways, and ways that the catalogue has too. */
const further: [SchemeSpec, object][] = [
  [
    { kind: 'token', header: 'x-my-own-key' },
    { kind: 'token', header: 'X-My-Own-Key' },
  ],
  [
    { kind: 'token', query: 'api_key' },
    { kind: 'token', query: 'api_key' },
  ],
  [
    { kind: 'token', basic: true },
    { kind: 'token', basic: true },
  ],
  [
    { kind: 'jwt', header: 'x-jwt', algorithm: 'HS256' },
    { kind: 'jwt', header: 'x-jwt', algorithm: 'HS256' },
  ],
];
const custom: [SchemeSpec, object][] = [
  ...(full ? further : []),
  [
    { kind: 'token', header: 'x-team', prefix: 'Token ' },
    { kind: 'token', header: 'x-team', prefix: 'Token ' },
  ],
  [
    { kind: 'token', query: 'k%e y' },
    { kind: 'token', query: 'k%e y' },
  ],
  [
    { kind: 'token', body: { path: ['auth', '0', 'passcode'] } },
    { kind: 'token', body_path: 'auth.0.passcode' },
  ],
];
/** One scheme for each way to carry a credential. The full check uses all of them. */
const DAILY = ['gitlab token', 'chargebee basic', 'gumroad query', 'monday jwt', 'microsoft-graph client-state'];
const chosen = full ? carriers : carriers.filter(({ name }) => DAILY.includes(name));
const waysOf = (some: typeof carriers): string[] => [
  ...new Set(some.map(({ spec }) => Object.keys(spec).sort().join())),
];
const cases: Case[] = [
  ...chosen.map(({ name, spec, verification }, n) => caseOf(name, spec, verification, n === 0 || 'body' in spec)),
  ...custom.map(([spec, settings]) =>
    caseOf(`custom ${JSON.stringify(settings)}`, spec, { provider: 'custom', settings }, false),
  ),
].map((one) => ({
  ...one,
  query: one.query.replace('k%e y=', 'k%25e+y='),
  wrong: { ...one.wrong, query: one.wrong.query.replace('k%e y=', 'k%25e+y=') },
}));

let database: TestDatabase;
let server: GatewayServer;
let reader: string;
/** Everything that the live stream sends to a key with the scope `read`. */
let streamed = '';
let home: Recorder;
let elsewhere: Recorder;
const endpoints: { id: string; path: string }[] = [];
const events: string[] = [];
const rejections: string[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  [home, elsewhere] = [await Recorder.start(), await Recorder.start()];
  server = await startGatewayServer({}, { dialects: dialectNames }, database);
  await listen((await server.api().post('/api/v1/keys', { name: 'listener', scopes: ['read'] })).data.key);
  reader = (await server.api().post('/api/v1/keys', { name: 'reader', scopes: ['read', 'write'] })).data.key;
  for (const [n, { verification }] of cases.entries()) {
    const { data, status } = await server
      .api()
      .post('/api/v1/endpoints', { name: `case ${n}`, destination_url: home.url(`/${n}?own`), verification });
    expect([status, data.details]).toEqual([201, undefined]);
    endpoints.push({ id: data.id, path: new URL(data.webhook_url).pathname });
  }
  const taken = await Promise.all(cases.map((one, n) => send(n, one)));
  expect(cases.filter((_, n) => (taken[n]?.status ?? 0) >= 300).map(({ name }) => name)).toEqual([]);
  events.push(...taken.map(({ headers }) => headers['paggio-event-id'] as string));
  const refused = await Promise.all(cases.map((one, n) => send(n, one.wrong)));
  rejections.push(...refused.map(({ headers }) => headers['paggio-rejection-id'] as string));
  expect(rejections).not.toContain(undefined);
}, 60_000);

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await home.stop();
  await elsewhere.stop();
  await database.drop();
});

function listen(key: string): Promise<void> {
  return new Promise((open) => {
    const headers = { authorization: `Bearer ${key}` };
    get({ port: server.port, path: '/api/v1/events/stream', headers }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        streamed += text;
        open();
      });
      // The server ends the response when it stops.
      response.on('error', () => undefined);
    });
  });
}

function send(n: number, { headers, query, body }: Pick<Case, 'headers' | 'query' | 'body'>): Promise<RawAnswer> {
  return request(server.port, { path: `${endpoints[n]?.path}/more?${query}`, headers, body });
}

/** Waits until each case was delivered this many times, and compares the newest delivery with the sent request. */
async function expectDelivered(times: number): Promise<void> {
  const ofCase = (n: number): RecordedRequest[] => home.requests.filter(({ url }) => url.startsWith(`/${n}?`));
  await until(server.paggio, async () => (cases.every((_, n) => ofCase(n).length >= times) ? true : undefined));
  for (const [n, { name, headers, query, body }] of cases.entries()) {
    const got = ofCase(n).at(-1) as RecordedRequest;
    expect([name, ofCase(n).length, got.url]).toEqual([name, times, `/${n}?own&${query}`]);
    expect([name, got.body.equals(body)]).toEqual([name, true]);
    expect(linesOf(got.rawHeaders)).toEqual(expect.arrayContaining(forwarded(headers)));
    const names = linesOf(got.rawHeaders).map((line) => line.split(': ')[0]);
    const order = forwarded(headers).map((line) => names.indexOf(line.split(': ')[0]));
    expect([name, order]).toEqual([name, [...order].sort((a, b) => a - b)]);
  }
}

function linesOf(raw: readonly string[]): string[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? `${name}: ${raw[i + 1]}` : []));
}

function forwarded(headers: readonly [string, string][]): string[] {
  return headers
    .filter(([name]) => !name.toLowerCase().startsWith('proxy-'))
    .map(([name, value]) => `${name}: ${value}`);
}

const PREFIX = 8;
/** All spellings of the credentials with their cases, by their first characters, so that a text is read only once. */
const spelled = new Map<string, [spelling: string, one: Case, secret: string][]>();
/** Whether a spelling may begin with four characters, by their `bits`. Most places of a text need no further look. */
const MASK = 0xf_ffff;
const beginnings = new Uint8Array(MASK + 1);
const bits = (text: string, at: number): number =>
  ((text.charCodeAt(at) << 15) ^
    (text.charCodeAt(at + 1) << 10) ^
    (text.charCodeAt(at + 2) << 5) ^
    text.charCodeAt(at + 3)) &
  MASK;
for (const one of cases)
  for (const secret of [...one.secrets, ...one.wrong.secrets])
    for (const spelling of spellingsOf(secret)) {
      const start = spelling.slice(0, PREFIX);
      spelled.set(start, [...(spelled.get(start) ?? []), [spelling, one, secret]]);
      beginnings[bits(spelling, 0)] = 1;
    }

/** @param wanted the credentials of a case that count; default: all of them */
function expectNone(
  where: string,
  text: string,
  wanted: (one: Case) => readonly string[] = ({ secrets, wrong }) => [...secrets, ...wrong.secrets],
): void {
  for (let at = 0; at + PREFIX <= text.length; at++) {
    if (beginnings[bits(text, at)] === 0) continue;
    for (const [spelling, one, secret] of spelled.get(text.slice(at, at + PREFIX)) ?? [])
      if (text.startsWith(spelling, at) && wanted(one).includes(secret))
        throw new Error(`${where} contains the credential of ${one.name} as ${spelling}`);
  }
}

test('every credential is found in a text that contains one of its spellings', () => {
  const isFound = (spelling: string): boolean => {
    try {
      expectNone('a text', `before ${spelling} after`);
      return false;
    } catch {
      return true;
    }
  };
  const spellings = cases.flatMap(({ secrets }) => secrets.flatMap(spellingsOf));
  expect(spellings.filter((one) => !isFound(one))).toEqual([]);
});

test('the cases cover the catalogue and every custom kind', () => {
  expect(carriers.length).toBeGreaterThanOrEqual(16);
  expect(waysOf(chosen).sort()).toEqual(waysOf(carriers).sort());
  expect(cases.every(({ secrets }) => secrets.length >= 3)).toBe(true);
});

test('a delivery from memory is exactly what was sent', () => expectDelivered(1));

test('no table holds a credential of a captured or refused request, in any spelling', async () => {
  const dump = await dumpOf(database);
  expect(dump).toContain('Kept as it came'.replaceAll(/./g, (char) => char.charCodeAt(0).toString(16)));
  expectNone('the database', dump);
});

test('an administrator reads events and rejections unchanged, and every other key reads them masked', async () => {
  for (const [n, one] of cases.entries()) {
    for (const [path, sent] of [
      [`/api/v1/events/${events[n]}`, one],
      [`/api/v1/rejections/${rejections[n]}`, one.wrong],
    ] as const) {
      const whole = (await server.api().get(path)).data;
      const masked = (await server.api(reader).get(path)).data;
      const expected = Object.fromEntries(sent.headers.map(([name, value]) => [name.toLowerCase(), value]));
      expect(whole).toMatchObject({ headers: expected, query: sent.query, size: sent.body.length });
      expect(masked.headers).toMatchObject({ 'x-plain': 'Kept as it came', cookie: '***', authorization: '***' });
      expect(masked.query).toMatch(/^a=%20b(&[^&=]+=\*\*\*)?&z$/);
      expect(masked.query === sent.query).toBe(!/token|api_key|k%25e/.test(sent.query));
      const raw = async (key?: string): Promise<Buffer> =>
        Buffer.from((await server.api(key).get(`${path}/raw`, { responseType: 'arraybuffer' })).data as ArrayBuffer);
      expect((await raw()).equals(sent.body)).toBe(true);
      const shown = await raw(reader);
      expect(shown.length).toBe(sent.body.length);
      expectNone(`${path} for a reader`, JSON.stringify(masked) + shown.toString(), () => sent.secrets);
      // Only the credentials are masked.
      expect(shown.toString().replaceAll(/"\*+"/g, '""')).toBe(
        sent.body.toString().replaceAll(/("(?:clientState|passcode)": )"[^"]*"/g, '$1""'),
      );
    }
  }
});

test('no answer for the scope read contains a credential, in the API, the dialects and the stream', async () => {
  const { data } = await server.api().post('/api/v1/keys', { name: 'read only', scopes: ['read'] });
  const ask = (path: string): Promise<RawAnswer> =>
    request(server.port, { method: 'GET', path, headers: [['Authorization', `Bearer ${data.key}`]] });
  const paths = [
    ...operations,
    ...dialectNames.flatMap((name) =>
      dialects[name].operations.map(({ path, ...rest }) => ({ ...rest, path: `/compat/${name}${path}` })),
    ),
  ].filter(({ id, method, scope }) => method === 'GET' && scope === 'read' && id !== 'events.stream');
  const [first] = endpoints;
  const filter = { endpoint_id: first?.id, until: '2000-01-01T00:00:00Z' };
  const { data: replay } = await server.api().post('/api/v1/replays', { filter });
  const { data: list } = await server.api().get(`/api/v1/endpoints/${first?.id}/destinations`);
  const kinds = [events, rejections, endpoints.map(({ id }) => id), [replay.id as string]];
  const answered = new Set<string>();
  for (const { path } of paths) {
    const withId = (id: string): string => path.replace(':id', id).replace(':destination_id', list.data[0].id);
    const asked = path.includes(':') ? kinds.map((ids) => ids.map(withId)) : [[path], [`${path}?limit=100`]];
    for (const [one, ...more] of asked) {
      // The first answer tells whether these ids are of the right kind for this operation.
      let answer = await ask(one as string);
      for (const next of [...more, null]) {
        if (answer.status !== 200) break;
        answered.add(path);
        expectNone(path, answer.body.toString('latin1'));
        if (next !== null) answer = await ask(next);
      }
    }
  }
  expect(paths.map(({ path }) => path).filter((path) => !answered.has(path))).toEqual([]);
  await until(server.paggio, async () => (events.every((id) => streamed.includes(id)) ? true : undefined));
  expectNone('the stream', streamed);
});

test('a search does not reveal a token in a body', async () => {
  const n = cases.findIndex(({ name }) => name.startsWith('microsoft-graph'));
  const found = async (q: string): Promise<number> =>
    (await server.api().get('/api/v1/events', { params: { q, endpoint_id: endpoints[n]?.id } })).data.data.length;
  const token = cases[n]?.secrets[0] as string;
  expect([await found('clientState'), await found(token), await found(token.slice(0, 6))]).toEqual([1, 0, 0]);
});

test('a redelivery, single or in bulk, sends exactly what was sent, from copies of the stored row', async () => {
  await Promise.all(events.map((id) => server.api().post(`/api/v1/events/${id}/replay`)));
  await expectDelivered(2);
  const filter = { source: '', endpoint_id: '' };
  await Promise.all(
    endpoints.map(({ id }) =>
      server.api().post('/api/v1/replays', { filter: { ...filter, source: undefined, endpoint_id: id } }),
    ),
  );
  // An event and its copy are one chain, so each endpoint has one delivery.
  await expectDelivered(3);
});

test('a replay at once to its own destination is exactly what was sent', async () => {
  const answers = await Promise.all(
    events.map((id) => server.api().post(`/api/v1/events/${id}/replay`, { environment: 'original' })),
  );
  expect(answers.map(({ data }) => data.status)).toEqual(cases.map(() => 'delivered'));
  await expectDelivered(4);
});

test('a replay to another host has no credentials, unless they are asked for', async () => {
  for (const [n, { name, headers, query, body, secrets }] of cases.entries()) {
    const replay = (include_credentials?: boolean): Promise<{ status: number; data: any }> =>
      server
        .api()
        .post(`/api/v1/events/${events[n]}/replay`, { destination_url: elsewhere.url('/x'), include_credentials });
    const before = elsewhere.requests.length;
    const { status, data } = await replay();
    if (name.startsWith('microsoft-graph') || name.includes('body_path')) {
      // The bytes of a body are never changed.
      expect([status, data.details[0].field]).toEqual([422, 'include_credentials']);
      expect(elsewhere.requests).toHaveLength(before);
    } else {
      expect(data.status).toBe('delivered');
      const got = elsewhere.requests.at(-1) as RecordedRequest;
      expect(got.url).toBe('/x?a=%20b&z');
      expect(linesOf(got.rawHeaders)).toEqual(
        expect.arrayContaining(['X-Plain: Kept as it came', 'X-Last: ***', 'Content-Type: application/json']),
      );
      expectNone(name, linesOf(got.rawHeaders).join('\n') + got.url, () => secrets);
      expect(got.body.equals(body)).toBe(true);
    }
    expect((await replay(true)).data.status).toBe('delivered');
    const whole = elsewhere.requests.at(-1) as RecordedRequest;
    expect(whole.url).toBe(`/x?${query}`);
    expect(linesOf(whole.rawHeaders)).toEqual(expect.arrayContaining(forwarded(headers)));
    expect(whole.body.equals(body)).toBe(true);
  }
});

test('the cause of a refused token is found with the token that arrived', async () => {
  const n = cases.findIndex(({ name }) => name.startsWith('gitlab token'));
  const { wrong } = cases[n] as Case;
  const secrets = [wrong.secrets[0]];
  await server.api().post('/api/v1/endpoints', {
    name: 'the other one',
    verification: { provider: 'gitlab', scheme: 'token', secrets },
  });
  const { data } = await server.api(reader).get(`/api/v1/rejections/${rejections[n]}/verification`);
  expect(data.matches).toMatchObject([{ cause: 'other_secret' }]);
});

test('after a restart pending deliveries and replays are exactly what was sent', async () => {
  for (const { id } of endpoints) await server.api().patch(`/api/v1/endpoints/${id}`, { status: 'PAUSED' });
  const again = await Promise.all(cases.map((one, n) => send(n, withNewId(one))));
  const held = again.map(({ headers }) => headers['paggio-event-id'] as string);
  expect(held).not.toContain(undefined);
  const { key } = server;
  await server.stop();
  server = await startGatewayServer({}, {}, database);
  for (const { id } of endpoints) await server.api(key).patch(`/api/v1/endpoints/${id}`, { status: 'ACTIVE' });
  await allSettled(server.gateway, held);
  await Promise.all(events.map((id) => server.api(key).post(`/api/v1/events/${id}/replay`)));
  await until(server.paggio, async () => (home.requests.length >= cases.length * 6 ? true : undefined));
  for (const [n, one] of cases.entries()) {
    const got = home.requests.filter(({ url }) => url.startsWith(`/${n}?`)).slice(-2);
    expect(got.map(({ url }) => url)).toEqual(Array(2).fill(`/${n}?own&${one.query}`));
    for (const { rawHeaders } of got)
      expect(linesOf(rawHeaders)).toEqual(expect.arrayContaining(forwarded(one.headers)));
    const bodies = got.map(({ body }) => body.toString('latin1')).sort();
    expect(bodies).toEqual([one.body, withNewId(one).body].map((body) => body.toString('latin1')).sort());
  }
  expectNone('the database', await dumpOf(database));
});

/** Another event of the provider with the same credential, as long as the first. */
function withNewId(one: Case): Case {
  return { ...one, body: Buffer.from(one.body.toString('latin1').replaceAll('"n": 1', '"n": 2'), 'latin1') };
}
