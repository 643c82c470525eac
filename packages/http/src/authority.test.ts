import { createHmac } from 'node:crypto';
import { scopes, type Principal, type Scope } from '@paggio/core';
import { owner, Recorder, settled } from '@paggio/core/testing';
import type { AxiosInstance } from 'axios';
import { denials, request, startGatewayServer, type Denial, type GatewayServer } from './testing';

let server: GatewayServer;
let recorder: Recorder;
let elsewhere: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start();
  elsewhere = await Recorder.start();
  server = await startGatewayServer({ apiRateLimit: null, localUrl: elsewhere.url('') });
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await recorder.stop();
  await elsewhere.stop();
});

const everything: Principal = { ...owner, scopes: new Set(scopes), keyId: null };

/** Keys by their scopes, which the tests share. */
const keys = new Map<string, string>();

async function apiWith(...wanted: Scope[]): Promise<AxiosInstance> {
  const name = wanted.join();
  const key = keys.get(name) ?? (await server.paggio.admin.keys.create(everything, { name, scopes: wanted })).key;
  keys.set(name, key);
  return server.api(key);
}

async function create(verification: object | null, more: object = {}): Promise<any> {
  const { data, status } = await server
    .api()
    .post('/api/v1/endpoints', { name: 'a', destination_url: recorder.url(), verification, ...more });
  expect([status, data.details]).toEqual([201, undefined]);
  return data;
}

const patch = (api: AxiosInstance, { id }: { id: string }, body: object): Promise<any> =>
  api.patch(`/api/v1/endpoints/${id}`, body);
const shown = async ({ id }: { id: string }): Promise<any> => (await server.api().get(`/api/v1/endpoints/${id}`)).data;

/** Sends an event that the endpoint's verification accepts. */
async function genuine(
  to: { slug: string },
  headers: [string, string][],
  body = '{"n":1}',
  query = '',
): Promise<string> {
  const answer = await request(server.port, {
    path: `/api/webhook/${to.slug}${query}`,
    headers: [['Content-Type', 'application/json'], ...headers],
    body,
  });
  expect([200, 202]).toContain(answer.status);
  const id = answer.headers['paggio-event-id'] as string;
  await settled(server.paggio, owner, id);
  return id;
}

const gitHub = (secret: string, body = '{"n":1}'): [string, string][] => [
  ['X-GitHub-Event', 'push'],
  ['X-Hub-Signature-256', `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`],
];

const hmacSettings = { kind: 'hmac', header: 'X-Signature', template: '{body}' };
const secrets = ['the secret of the provider'];

describe('stored secrets stay with the configuration they were stored for', () => {
  const twilio = { provider: 'twilio', public_url: 'https://a.example/in' };
  test.each<[string, object, object, string]>([
    ['provider', { provider: 'github' }, { provider: 'gitlab' }, 'provider'],
    ['provider, to one that needs no secret yet', { provider: 'github' }, { provider: 'asana' }, 'provider'],
    ['provider, to custom', { provider: 'github' }, { provider: 'custom', settings: hmacSettings }, 'provider'],
    ['scheme', { provider: 'buildkite' }, { provider: 'buildkite', scheme: 'token' }, 'scheme'],
    ['scheme, by leaving it out', { provider: 'buildkite', scheme: 'token' }, { provider: 'buildkite' }, 'scheme'],
    [
      'settings, to a token',
      { provider: 'custom', settings: hmacSettings },
      { provider: 'custom', settings: { kind: 'token', header: 'x-leak' } },
      'settings.kind, settings.header, settings.template',
    ],
    [
      'settings, to a template that puts words in front',
      { provider: 'custom', settings: hmacSettings },
      { provider: 'custom', settings: { ...hmacSettings, template: '{"amount":1}{body}' } },
      'settings.template',
    ],
    [
      'settings of a catalogue provider',
      { provider: 'meta', settings: { verify_token: 'a' } },
      { provider: 'meta', settings: { verify_token: 'b' } },
      'settings.verify_token',
    ],
    ['public_url', twilio, { ...twilio, public_url: 'https://b.example/in' }, 'public_url'],
  ])('a changed %s without secrets is refused and changes nothing', async (_, from, to, what) => {
    const stored = { ...from, secrets };
    const endpoint = await create(stored);
    const before = await shown(endpoint);
    for (const api of [server.api(), await apiWith('write')]) {
      const { status, data } = await patch(api, endpoint, { name: 'new', verification: to });
      expect([status, data.details.map(({ field }: any) => field)]).toEqual([422, ['verification.secrets']]);
      expect(data.details[0].message).toContain(`This changes ${what}: send the secrets again.`);
    }
    expect(await shown(endpoint)).toEqual(before);
    const again = await patch(server.api(), endpoint, { verification: { ...to, secrets: ['secrets that were sent'] } });
    expect([again.status, again.data.verification.secrets_last_four]).toEqual([200, ['sent']]);
  });

  test.each<[string, object, object]>([
    ['nothing but the provider', { provider: 'github' }, {}],
    ['the default scheme by its name', { provider: 'github' }, { scheme: 'sha256' }],
    ['null for the default scheme', { provider: 'github', scheme: 'sha256' }, { scheme: null }],
    ['members that are null', { provider: 'github' }, { scheme: null, public_url: null, settings: {} }],
    [
      'settings in another order, with null for what was left out',
      { provider: 'custom', settings: hmacSettings },
      { settings: { prefix: null, template: '{body}', header: 'X-Signature', kind: 'hmac' } },
    ],
  ])('repeating %s is not a change', async (_, stored, repeated) => {
    const endpoint = await create({ ...stored, secrets, replay_secrets: { local: 'for this machine' } });
    const body = { verification: { ...stored, ...repeated } };
    expect((await patch(server.api(), endpoint, body)).status).toBe(200);
    expect((await shown(endpoint)).verification).toMatchObject({
      secrets_last_four: ['ider'],
      replay_secrets_last_four: { local: 'hine' },
    });
  });

  test('replay secrets have to be sent again too, or removed', async () => {
    const endpoint = await create({
      provider: 'buildkite',
      secrets,
      replay_secrets: { local: 'for this machine', custom: 'for anything' },
    });
    const before = await shown(endpoint);
    const change = (more: object): Promise<any> =>
      patch(server.api(), endpoint, { verification: { provider: 'buildkite', scheme: 'token', secrets, ...more } });
    const refused = await change({ replay_secrets: { local: 'again' } });
    expect([refused.status, refused.data.details]).toEqual([
      422,
      [
        {
          field: 'verification.replay_secrets.custom',
          message: 'This changes scheme: send this secret again, or null to remove it.',
        },
      ],
    ]);
    expect(JSON.stringify(refused.data)).not.toContain('for anything');
    expect(await shown(endpoint)).toEqual(before);
    expect((await change({ replay_secrets: { local: 'again and again', custom: null } })).status).toBe(200);
    expect((await shown(endpoint)).verification.replay_secrets_last_four).toEqual({ local: 'gain' });
  });

  test('other mistakes are reported together with the missing secrets', async () => {
    const endpoint = await create({ provider: 'github', secrets });
    const { data } = await patch(server.api(), endpoint, { verification: { provider: 'github', scheme: 'md5' } });
    expect(data.details.map(({ field }: any) => field)).toEqual(['verification.secrets', 'verification.scheme']);
  });

  test('a secret from a handshake is protected in the same way, and [] starts again', async () => {
    const endpoint = await create({ provider: 'asana' });
    const verification = { provider: 'asana', public_url: 'https://a.example/' };
    // There is no secret yet, so nothing needs protection.
    expect((await patch(server.api(), endpoint, { verification })).status).toBe(200);
    await server.paggio.admin.endpoints.keepVerificationSecret(owner, endpoint.id, 'a secret that came by itself');
    const refused = await patch(server.api(), endpoint, { verification: { provider: 'notion' } });
    expect([refused.status, refused.data.details[0].field]).toEqual([422, 'verification.secrets']);
    const over = await patch(server.api(), endpoint, { verification: { provider: 'notion', secrets: [] } });
    expect([over.status, over.data.verification.secrets_count]).toEqual([200, 0]);
  });
});

describe('replays in the name of the provider need the scope resign', () => {
  const flags = [{ resign: true }, { include_credentials: true }, { resign: true, include_credentials: true }];

  test('the scope write alone is refused with the name of the missing scope, which the audit log keeps', async () => {
    const endpoint = await create({ provider: 'github', secrets });
    const event = await genuine(endpoint, gitHub(secrets[0] as string));
    const { apiKey, key } = await server.paggio.admin.keys.create(everything, { name: 'w', scopes: ['read', 'write'] });
    const sent = elsewhere.requests.length;
    for (const options of flags) {
      for (const target of [
        { environment: 'original' },
        { environment: 'local' },
        { destination_url: elsewhere.url() },
      ]) {
        const { status, data } = await server
          .api(key)
          .post(`/api/v1/events/${event}/replay`, { ...target, ...options });
        expect([status, data.code, data.message]).toEqual([403, 'FORBIDDEN', expect.stringContaining('"resign"')]);
      }
      const alone = await server.api().post(`/api/v1/events/${event}/replay`, options);
      expect([alone.status, alone.data.details[0].field]).toEqual([422, Object.keys(options)[0]]);
    }
    expect(elsewhere.requests.length).toBe(sent);
    const denied = await denials(server.paggio, server.api(), ([newest]) => newest?.key_id === apiKey.id);
    expect(denied[0]).toMatchObject({ after: { operation: 'events.replay', scope: 'resign' } });
  });

  test.each<Scope>(['resign', 'admin'])('%s is enough, and the audit log records what was sent', async (scope) => {
    const endpoint = await create({ provider: 'github', secrets });
    const event = await genuine(endpoint, gitHub(secrets[0] as string));
    const api = await apiWith('write', scope);
    for (const options of [...flags, {}]) {
      const target = { environment: 'original', ...options };
      expect((await api.post(`/api/v1/events/${event}/replay`, target)).status).toBe(200);
      const [entry] = (await server.api().get('/api/v1/audit', { params: { object_id: event } })).data.data;
      expect(entry).toMatchObject({
        action: 'event.replayed',
        after: { resign: false, include_credentials: false, ...options },
      });
    }
  });

  test("the use case checks a caller's scopes, and does not ask the host itself", async () => {
    const endpoint = await create({ provider: 'github', secrets });
    const event = await genuine(endpoint, gitHub(secrets[0] as string));
    const { replays } = server.paggio.admin;
    const target = { environment: 'original' } as const;
    const writer: Principal = { ...owner, scopes: new Set<Scope>(['read', 'write']), keyId: null };
    await expect(replays.send(writer, event, target, { resign: true })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(replays.send(writer, event, target)).resolves.toMatchObject({ status: 'delivered' });
    await expect(replays.send(owner, event, target, { resign: true })).resolves.toMatchObject({ status: 'delivered' });
  });
});

describe("requests that carry the provider's secret itself", () => {
  const TOKEN = 'the-token-of-the-provider';
  const kinds: [string, object, [string, string][], string][] = [
    ['gitlab', { provider: 'gitlab', scheme: 'token' }, [['X-Gitlab-Token', TOKEN]], ''],
    [
      'a header of your own',
      { provider: 'custom', settings: { kind: 'token', header: 'x-own' } },
      [['X-Own', TOKEN]],
      '',
    ],
    ['the query', { provider: 'custom', settings: { kind: 'token', query: 'key' } }, [], `?a=%20&k%65y=${TOKEN}&b`],
  ];
  const make = async (settings: object, more: object = {}): Promise<any> =>
    create({ ...settings, secrets: [TOKEN] }, more);

  test.each(kinds)('%s: the scope write alone adds no other host and changes no verification', async (_, settings) => {
    const endpoint = await make(settings);
    const [{ id }] = endpoint.destinations;
    const before = await shown(endpoint);
    // The denials of this key are counted.
    const { apiKey, key } = await server.paggio.admin.keys.create(everything, { name: 'w', scopes: ['read', 'write'] });
    const [api, keyId] = [server.api(key), apiKey.id];
    const path = `/api/v1/endpoints/${endpoint.id}`;
    const url = elsewhere.url();
    const attempts = [
      api.patch(path, { destination_url: url }),
      api.patch(path, { destinations: [{ id }, { url }] }),
      api.patch(path, { destinations: [{ id, url }] }),
      api.patch(path, { destination_url: url, verification: { ...settings, secrets: ['a guess'] } }),
      api.post(`${path}/destinations`, { url }),
      api.patch(`${path}/destinations/${id}`, { url }),
      api.patch(path, { verification: null }),
      api.patch(path, { verification: { ...settings, secrets: ['mine'] } }),
      api.patch(path, { verification: { ...settings, secrets: [] } }),
      api.patch(path, { verification: { provider: 'github', secrets: ['mine'] } }),
    ];
    for (const { status, data } of await Promise.all(attempts)) {
      // An empty list is invalid for every key.
      expect([status, data.code]).toEqual(status === 422 ? [422, 'VALIDATION_FAILED'] : [403, 'FORBIDDEN']);
      if (status === 403) expect(data.message).toContain('"resign"');
    }
    expect(await shown(endpoint)).toEqual(before);
    const own = ({ key_id: id }: Denial): boolean => id === keyId;
    const denied = await denials(server.paggio, server.api(), (entries) => entries.filter(own).length === 3);
    expect(denied.filter(own).map(({ after }) => after.scope)).toEqual(['resign', 'resign', 'resign']);
  });

  test.each(kinds)('%s: the same host, other settings and changes with the secret are allowed', async (_, settings) => {
    const endpoint = await make(settings);
    const [{ id }] = endpoint.destinations;
    const writer = await apiWith('read', 'write');
    const path = `/api/v1/endpoints/${endpoint.id}`;
    expect((await writer.patch(path, { destination_url: recorder.url('/other') })).status).toBe(200);
    expect((await writer.post(`${path}/destinations`, { url: recorder.url('/third') })).status).toBe(201);
    expect((await writer.patch(`${path}/destinations/${id}`, { event_types: ['a'] })).status).toBe(200);
    expect((await writer.patch(path, { verification: settings, timeout_seconds: 7 })).status).toBe(200);
    const rotation = { ...settings, secrets: ['a-new-token', { value: TOKEN, expires_at: '2100-01-01T00:00:00Z' }] };
    expect((await writer.patch(path, { verification: rotation })).status).toBe(200);
    const known = { ...settings, secrets: ['a-new-token', TOKEN] };
    expect((await writer.patch(path, { destination_url: elsewhere.url(), verification: known })).status).toBe(200);
    expect((await writer.delete(`${path}/destinations/${id}`)).status).toBe(204);
    const trusted = await apiWith('write', 'resign');
    expect((await trusted.post(`${path}/destinations`, { url: 'http://127.0.0.1:9/' })).status).toBe(201);
    expect((await trusted.patch(path, { verification: null })).status).toBe(200);
    expect((await writer.patch(path, { destination_url: 'http://127.0.0.1:9998/' })).status).toBe(200);
  });

  test('an expired secret need not be known', async () => {
    const settings = { provider: 'gitlab', scheme: 'token' };
    const old = { value: 'an-old-token', expires_at: '2020-01-01T00:00:00Z' };
    const endpoint = await create({ ...settings, secrets: [TOKEN, old] });
    const writer = await apiWith('write');
    const body = { destination_url: elsewhere.url(), verification: { ...settings, secrets: [TOKEN] } };
    expect((await patch(writer, endpoint, body)).status).toBe(200);
    const dead = await create({ ...settings, secrets: [old] });
    expect((await patch(writer, dead, body)).status).toBe(403);
  });

  test.each(kinds)('%s: a replay to another host leaves the secret out', async (_, settings, headers, query) => {
    const endpoint = await make(settings);
    const event = await genuine(endpoint, headers, '{"n":1}', query);
    const replay = async (api: AxiosInstance, body: object): Promise<string> => {
      expect((await api.post(`/api/v1/events/${event}/replay`, body)).status).toBe(200);
      return JSON.stringify([...recorder.requests, ...elsewhere.requests].at(-1));
    };
    const writer = await apiWith('write');
    for (const body of [{ destination_url: elsewhere.url('/x') }, { environment: 'local' }]) {
      expect(await replay(writer, body)).not.toContain(TOKEN);
      const kept = elsewhere.requests.at(-1)?.url.split('?')[1];
      expect(kept).toBe(query === '' ? undefined : 'a=%20&b');
    }
    elsewhere.requests.length = 0;
    expect(await replay(writer, { environment: 'original' })).toContain(TOKEN);
    const trusted = await apiWith('write', 'resign');
    expect(await replay(trusted, { destination_url: elsewhere.url('/x'), include_credentials: true })).toContain(TOKEN);
  });

  test('a body with the secret goes to another host only if a caller with the right scope asks for it', async () => {
    const endpoint = await create({ provider: 'microsoft-graph', secrets: [TOKEN] });
    const event = await genuine(endpoint, [], `{"value":[{"clientState":"${TOKEN}"}]}`);
    const replay = (api: AxiosInstance, more: object): Promise<any> =>
      api.post(`/api/v1/events/${event}/replay`, { destination_url: elsewhere.url(), ...more });
    const api = await apiWith('write', 'resign');
    const refused = await replay(api, {});
    expect([refused.status, refused.data.details[0].field]).toEqual([422, 'include_credentials']);
    expect((await replay(api, { include_credentials: true })).status).toBe(200);
    expect((await api.post(`/api/v1/events/${event}/replay`, { environment: 'original' })).status).toBe(200);
  });

  test('a body with a new signature goes to another host only if it contains the old secret nowhere else', async () => {
    const settings = { kind: 'token', body_path: 'auth.passcode' };
    const secretsOf = { secrets: [TOKEN], replay_secrets: { custom: 'of-the-other-host' } };
    const endpoint = await create({ provider: 'custom', settings, ...secretsOf });
    const api = await apiWith('write', 'resign');
    const replay = async (body: string): Promise<any> => {
      const event = await genuine(endpoint, [], body);
      return api.post(`/api/v1/events/${event}/replay`, { destination_url: elsewhere.url(), resign: true });
    };
    expect((await replay(`{"n":1.10,"auth":{"passcode":"${TOKEN}"}}`)).status).toBe(200);
    expect(elsewhere.requests.at(-1)?.body.toString()).toBe('{"n":1.10,"auth":{"passcode":"of-the-other-host"}}');
    const sent = elsewhere.requests.length;
    const copied = await replay(`{"auth":{"passcode":"${TOKEN}"},"copy":[{"passcode":"${TOKEN}"}]}`);
    expect([copied.status, copied.data.details[0].field]).toEqual([422, 'include_credentials']);
    expect(elsewhere.requests).toHaveLength(sent);
  });

  test('endpoints with a signing provider have none of these limits', async () => {
    const endpoint = await create({ provider: 'github', secrets });
    const writer = await apiWith('write');
    const path = `/api/v1/endpoints/${endpoint.id}`;
    expect((await writer.post(`${path}/destinations`, { url: elsewhere.url() })).status).toBe(201);
    expect((await writer.patch(path, { verification: { provider: 'github', secrets: ['mine'] } })).status).toBe(200);
    expect((await writer.patch(path, { destination_url: elsewhere.url(), verification: null })).status).toBe(200);
  });
});
