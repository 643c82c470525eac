import { createHmac } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { createVerifier, findProvider, HeaderList, type Verifier, type VerificationConfig } from '@paggio/providers';
import { hasScope, scopes, type Mode, type Principal, type Scope, type VerificationInput } from '@paggio/core';
import { owner, query, Recorder, type RecordedRequest } from '@paggio/core/testing';
import { dialectNames, dialects } from './dialects';
import { operations } from './resources/operations';
import { request, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

/**
 * No chain of allowed calls with scopes below `resign` and `admin` reveals a secret, or signs the caller's own bytes in the
 * provider's name. The walk makes every change of the table to a fresh endpoint, and every further change after it, with hostile
 * bodies. After each change that leads to a new configuration, it sends and reads everything. It looks for canaries in every
 * answer, and in everything that arrives at a host which the calls chose.
 */
const LOWER: readonly Scope[] = ['read', 'write', 'ingest'];
const ATTACK = '{"type":"refund","amount":999999}';
const INJECTION = `1900000000.${ATTACK}`;

interface Call {
  name: string;
  method: string;
  url: string;
  data?: unknown;
}

interface Victim {
  title: string;
  config: VerificationConfig & { replaySecrets?: Record<string, string> };
  body: string;
  /** A reader sees the secret in the stored request. */
  readable?: boolean;
}

const secretOf = (text: string): VerificationConfig['secrets'] => [{ value: text, expiresAt: null }];
const plain = { scheme: null, publicUrl: null, settings: {} };
const GENUINE = '{"type":"ping","n":1.10}';

const victims: Victim[] = [
  {
    title: 'a signature as the endpoint says',
    config: {
      ...{ ...plain, provider: 'custom', secrets: secretOf('canary-of-custom-2') },
      settings: { kind: 'hmac', header: 'x-signature', template: '{body}' },
    },
    body: GENUINE,
  },
  {
    title: 'a provider that could send a token instead',
    config: {
      ...{ ...plain, provider: 'buildkite', scheme: 'signature', secrets: secretOf('canary-of-buildkite-3') },
      replaySecrets: { custom: 'canary-of-replays-1', local: 'canary-of-replays-2' },
    },
    body: GENUINE,
  },
  {
    title: 'a token in a known header',
    config: {
      ...{ ...plain, provider: 'gitlab', scheme: 'token', secrets: secretOf('canary-of-gitlab-4') },
      replaySecrets: { custom: 'canary-of-replays-4' },
    },
    body: GENUINE,
  },
  {
    title: 'a token in a header of its own',
    config: {
      ...{ ...plain, provider: 'custom', secrets: secretOf('canary-of-header-5') },
      settings: { kind: 'token', header: 'x-own' },
    },
    body: GENUINE,
    readable: true,
  },
  {
    title: 'a token in the query',
    config: {
      ...{ ...plain, provider: 'custom', secrets: secretOf('canary-of-query-6') },
      settings: { kind: 'token', query: 'key' },
    },
    body: GENUINE,
    readable: true,
  },
  {
    title: 'a token in the body',
    config: { ...plain, provider: 'microsoft-graph', secrets: secretOf('canary-of-graph-7') },
    body: '{"value":[{"clientState":"canary-of-graph-7"}]}',
    readable: true,
  },
  {
    title: 'a web token that leaves the body out',
    config: {
      ...{ ...plain, provider: 'custom', secrets: secretOf('canary-of-web-tokens-8') },
      settings: { kind: 'jwt', header: 'authorization', prefix: 'Bearer ', algorithm: 'HS256' },
    },
    body: GENUINE,
  },
];

/** Verifications without a secret of the victim. */
const [NONE, OF_THE_ATTACKER] = ['none', 'of the attacker'];

const full = process.env['PAGGIO_FULL'] === '1';
/** The full check changes every victim's endpoint twice. Otherwise only these victims are walked, the first one twice. */
const walked = full ? victims : victims.filter((_, n) => [0, 1, 4].includes(n));

let server: GatewayServer;
/** The endpoints' own destination. */
let home: Recorder;
/** Receives what is sent to the staging and the local environment. */
let environments: Recorder;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  home = await Recorder.start();
  environments = await Recorder.start();
  server = await startGatewayServer(
    { apiRateLimit: null, localUrl: environments.url(''), stagingHost: `127.0.0.1:${environments.port}` },
    { dialects: dialectNames },
  );
});

afterAll(async () => {
  agent.destroy();
  expect(server.faults).toEqual([]);
  await server.stop();
  await home.stop();
  await environments.stop();
});

async function keyWith(wanted: readonly Scope[], mode: Mode = 'live'): Promise<string> {
  const everything: Principal = { ...owner, scopes: new Set(scopes), keyId: null };
  return (await server.paggio.admin.keys.create(everything, { name: wanted.join(), scopes: [...wanted], mode })).key;
}

/** Sends a request on a connection that stays open. The walk makes so many that a larger client would be felt. */
function exchange(method: string, path: string, key: string, data: unknown): Promise<{ status: number; text: string }> {
  const body = data === undefined || typeof data === 'string' ? data : JSON.stringify(data);
  const headers = {
    ...{ authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((done, fail) => {
    httpRequest({ port: server.port, host: '127.0.0.1', agent, method, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', fail);
      answer.on('end', () => done({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('latin1') }));
    })
      .on('error', fail)
      .end(body);
  });
}

/** An endpoint under attack. */
class World {
  readonly seen: string[] = [];
  readonly verifier: Verifier;
  id = '';
  private slug = '';
  private destinationId = '';
  private destinations: readonly { id: string; url: string }[] = [];
  private event = '';
  private rejection = '';
  private secret = '';
  /** Selects only what was received before the walk. */
  private until = '';
  private checked = 0;
  /** All that `reset` restores, as it was last read. */
  private settings = '';
  /** The verifications under which everything was sent. */
  private readonly used = new Set<string>();
  /** What nobody with these scopes may see, with the forms that it can have. */
  private watched: { name: string; forms: string[] }[] = [];

  private constructor(
    readonly victim: Victim,
    /** A host of the attacker. */
    readonly mine: Recorder,
    private readonly key: string,
  ) {
    this.verifier = createVerifier(victim.config) as Verifier;
  }

  /** Whether another victim is walked more thoroughly. The full check walks all of them in the same way. */
  private get isFurther(): boolean {
    return !full && this.victim !== victims[0];
  }

  static async open(victim: Victim, wanted: readonly Scope[] = LOWER): Promise<World> {
    const world = new World(victim, await Recorder.start(), await keyWith(wanted));
    const { endpoint, secret } = await server.paggio.admin.endpoints.create(owner, {
      name: 'victim',
      destinationUrl: home.url(),
      verification: world.stored(),
    });
    Object.assign(world, { id: endpoint.id, slug: endpoint.slug, secret });
    world.watched = world.canaries().map(([name, text]) => ({ name, forms: formsOf(text) }));
    world.destinationId = endpoint.destinations[0]?.id ?? '';
    const taken = await world.provider();
    world.event = taken.headers['paggio-event-id'] ?? '';
    world.rejection = (await world.stranger()).headers['paggio-rejection-id'] ?? '';
    const { receivedAt } = await server.paggio.admin.events.get(owner, world.event);
    world.until = new Date(receivedAt.getTime() + 1).toISOString();
    expect([world.event, world.rejection]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    return world;
  }

  /** Everything that nobody with these scopes may see, by name. */
  private canaries(): [string, string][] {
    const { config, body } = this.victim;
    const [provider] = config.secrets;
    const key = provider?.value ?? '';
    const texts = [ATTACK, INJECTION, `1900000000.{"type":"refund","amount":999999,"o":${body}}`];
    const forgeries = texts.flatMap((text) =>
      ['sha1', 'sha256'].flatMap((algorithm) =>
        (['hex', 'base64'] as const).map((encoding): [string, string] => [
          'a signature',
          createHmac(algorithm, key).update(text).digest(encoding),
        ]),
      ),
    );
    return [
      ['the secret of the endpoint', this.secret],
      ['the secret of the provider', key],
      ...Object.entries(config.replaySecrets ?? {}).map(([name, value]): [string, string] => [
        `that of ${name}`,
        value,
      ]),
      ...forgeries,
    ];
  }

  /** Everything that the table can do to an endpoint. Each operation of the contract is here, or a test below fails. */
  calls(): Record<'change' | 'send' | 'read', Record<string, Call[]>> {
    const at = (path: string): string => `/api/v1${path}`;
    const endpoint = at(`/endpoints/${this.id}`);
    const destination = `${endpoint}/destinations/${this.destinationId}`;
    const event = at(`/events/${this.event}`);
    const rejection = at(`/rejections/${this.rejection}`);
    const own = this.mine.url();
    const call = (method: string, url: string, ...bodies: unknown[]): Call[] =>
      (bodies.length === 0 ? [undefined] : bodies).map((data) => ({
        ...{ method, url, data },
        name: `${method} ${url} ${JSON.stringify(data) ?? ''}`,
      }));
    // Excludes what the walk itself adds, because reading that each time would double the work.
    const filter = { endpoint_id: this.id, until: this.until };
    const replays = [
      { destination_url: own },
      ...['original', 'staging', 'local'].map((environment) => ({ environment })),
      { environment: 'original', resign: true },
      { environment: 'custom', custom_url: own, resign: true },
      { environment: 'custom', custom_url: own, include_credentials: true },
    ];
    return {
      change: {
        'endpoints.update': call('PATCH', endpoint, ...this.hostileChanges()),
        'destinations.create': call('POST', `${endpoint}/destinations`, { url: own }),
        'destinations.update': call('PATCH', destination, { url: own }),
        'destinations.delete': call('DELETE', destination),
        'endpoints.create': call('POST', at('/endpoints'), { name: 'own', destination_url: own }),
        'endpoints.rotate_secret': call('POST', `${endpoint}/rotate-secret`, {}),
        'keys.create': call('POST', at('/keys'), { name: 'k', scopes: ['admin'] }, { name: 'k', scopes: ['resign'] }),
        'keys.delete': call('DELETE', at(`/keys/${this.id}`)),
        'sessions.delete': call('DELETE', at(`/sessions/${this.id}`)),
        'sessions.delete_others': call('DELETE', at('/sessions')),
        'notifications.put': call('PUT', at('/notifications'), { slack: { url: own, triggers: ['delivered'] } }),
        'deliverant:endpoints.update': call('PATCH', `/compat/deliverant/v1/endpoints/ep_${this.id}`, { url: own }),
      },
      send: {
        'events.replay': call('POST', `${event}/replay`, {}, ...replays),
        'promptjang:events.replay': call('POST', `/compat/promptjang${event}/replay`),
        'replays.create': call('POST', at('/replays'), { filter }),
        'endpoints.test': call('POST', `${endpoint}/test`, {}, { event_type: 'refund:999999' }),
        'events.publish': call('POST', at('/events'), {
          ...{ event_type: 'refund', payload: JSON.parse(ATTACK) },
          endpoint_ids: [this.id],
        }),
        'ingest.signed': call('POST', `/e/${this.id}`, ATTACK),
        'notifications.test': call('POST', at('/notifications/test'), { channel: 'slack' }),
        'events.cancel': call('POST', `${event}/cancel`),
        'replays.cancel': call('POST', at(`/replays/${this.id}/cancel`)),
      },
      read: {
        'events.list': call('GET', at(`/events?endpoint_id=${this.id}`)),
        'events.get': call('GET', event),
        'events.attempts': call('GET', `${event}/attempts`),
        'events.raw': call('GET', `${event}/raw`),
        'events.verification': call('GET', `${event}/verification`),
        'rejections.list': call('GET', at(`/rejections?endpoint_id=${this.id}`)),
        'rejections.get': call('GET', rejection),
        'rejections.raw': call('GET', `${rejection}/raw`),
        'rejections.verification': call('GET', `${rejection}/verification`),
        'endpoints.list': call('GET', at('/endpoints')),
        'endpoints.get': call('GET', endpoint),
        'endpoints.secret': call('GET', `${endpoint}/secret`),
        'destinations.list': call('GET', `${endpoint}/destinations`),
        'destinations.get': call('GET', destination),
        'replays.list': call('GET', at('/replays')),
        'replays.get': call('GET', at(`/replays/${this.id}`)),
        'keys.list': call('GET', at('/keys')),
        'sessions.list': call('GET', at('/sessions')),
        'audit.list': call('GET', at('/audit')),
        'notifications.get': call('GET', at('/notifications')),
        'providers.list': call('GET', at('/providers')),
        'stats.get': call('GET', at(`/stats?endpoint_id=${this.id}`)),
        'system.get': call('GET', at('/system')),
        'metrics.get': call('GET', '/metrics'),
        'promptjang:events.get': call('GET', `/compat/promptjang${event}`),
        'bags:events.list': call('GET', '/compat/bags/api/events'),
        'deliverant:endpoints.get': call('GET', `/compat/deliverant/v1/endpoints/ep_${this.id}`),
      },
    };
  }

  /** Changes of the destinations, of the verification, or of both in one request. */
  private hostileChanges(): object[] {
    const [destination] = this.hostileDestinations();
    // Without the stored secrets, another destination has nothing to lose. The full check sends these combinations too.
    const isHarmless = ({ verification: how }: { verification: object | null }): boolean =>
      !this.victim.config.replaySecrets && (how === null || 'secrets' in how);
    const verifications = this.hostileVerifications().filter((how) => full || !isHarmless(how));
    return [...this.simpleChanges(), ...verifications.map((how) => ({ ...destination, ...how }))];
  }

  private simpleChanges(): object[] {
    return [...this.hostileDestinations(), ...this.hostileVerifications()];
  }

  private hostileDestinations(): object[] {
    const { destinationId: id } = this;
    const url = this.mine.url();
    return [{ destination_url: url }, { destinations: [{ id }, { url }] }, { destinations: [{ id, url }] }];
  }

  private hostileVerifications(): { verification: object | null }[] {
    const { provider, scheme, settings, publicUrl } = this.stored();
    const own = { provider, scheme, settings, public_url: publicUrl };
    const custom = (settings: object): object => ({ provider: 'custom', settings });
    const hmac = (template: string): object => custom({ kind: 'hmac', header: 'x-forged', template });
    const schemes = this.verifier.config.provider === 'custom' ? [] : Object.keys(this.verifier.provider.schemes);
    const others = [
      own,
      ...schemes.map((scheme) => ({ ...own, scheme })),
      custom({ kind: 'token', header: 'x-leak' }),
      custom({ kind: 'token', query: 'leak' }),
      hmac(`1900000000.{"type":"refund","amount":999999,"o":{body}}`),
      { ...own, public_url: 'https://attacker.example/' },
      { provider: 'asana' },
    ];
    const secrets = ['the-secret-of-mallory'];
    const replay_secrets = { custom: null, local: null };
    const known = [own, custom({ kind: 'token', header: 'x-leak' })].flatMap((other) => [
      { ...other, secrets },
      { ...other, secrets, replay_secrets },
    ]);
    const made = [...others, { ...own, secrets: [] }, { provider: 'asana', secrets: [] }, ...known];
    return [{ verification: null }, ...made.map((verification) => ({ verification }))];
  }

  /** Sends the provider's next event. */
  async provider(): Promise<RawAnswer> {
    const { config, body } = this.victim;
    const made = this.verifier.scheme.sign({
      method: 'POST',
      body: Buffer.from(body),
      rawHeaders: [],
      secret: config.secrets[0]?.value ?? '',
      publicUrl: config.publicUrl,
      timestamp: Date.now(),
      id: 'msg_1',
      settings: config.settings,
    });
    return this.webhook(made.headers, made.body ?? body, made.query);
  }

  /** Sends a request that the provider has not sent. */
  stranger(): Promise<RawAnswer> {
    return this.webhook([['X-Signature', 'none']], ATTACK);
  }

  private webhook(headers: [string, string][], body: Buffer | string, search?: string): Promise<RawAnswer> {
    return request(server.port, {
      path: `/api/webhook/${this.slug}${search === undefined ? '' : `?${search}`}`,
      headers: [['Content-Type', 'application/json'], ...headers],
      body,
    });
  }

  async ask({ method, url, data, name }: Call, by: readonly string[]): Promise<number> {
    const { status, text } = await exchange(method, url, this.key, data);
    // The answer that creates an endpoint contains the secret of that endpoint only.
    this.look(text, [...by, name], this.victim.readable === true ? ['the secret of the provider'] : []);
    return status;
  }

  /**
   * Sends and reads everything with the present configuration.
   * @param again whether that was done with the same verification and other destinations. The full check makes no difference then;
   *   otherwise only those calls are made whose requests go to the destinations.
   */
  async useEverything(by: readonly string[], again = false): Promise<void> {
    const taken = again ? [await this.provider()] : [await this.provider(), await this.stranger()];
    const { send, read } = this.calls();
    const elsewhere = ({ data }: Call): boolean =>
      again && /destination_url|custom|staging|local/.test(JSON.stringify(data ?? null));
    // Calls that do not depend on the configuration are made for the fresh endpoint only, and some of them for the first.
    const once = (id: string): boolean =>
      by.length > 0
        ? /cancel|stats|^replays|notifications|list|raw|secret|keys|system|metrics|destinations|:/.test(id)
        : this.isFurther && /cancel|stats|notifications|keys|sessions|providers|system|metrics/.test(id);
    for (const [id, calls] of Object.entries(send))
      if (!once(id)) for (const call of calls) if (!elsewhere(call)) await this.ask(call, by);
    for (const { id, url } of this.destinations) {
      if (!url.startsWith(this.mine.url(''))) continue;
      const data = { filter: { endpoint_id: this.id, until: this.until }, destination_id: id };
      await this.ask({ name: 'history to the new one', method: 'POST', url: '/api/v1/replays', data }, by);
    }
    await this.quiet();
    for (const [id, [call]] of Object.entries(read))
      if (call && !once(id) && !(again && /^(events|rejections)/.test(id))) await this.ask(call, by);
    for (const { headers } of taken) {
      const { 'paggio-event-id': event, 'paggio-rejection-id': rejection } = headers;
      const url = event === undefined ? `/api/v1/rejections/${rejection}` : `/api/v1/events/${event}`;
      await this.ask({ name: `GET ${url}`, method: 'GET', url }, by);
    }
    this.lookAtHosts(by);
  }

  /** Resolves when nothing is under way any more. It polls, because asking after each telemetry event would cost too much. */
  private async quiet(): Promise<void> {
    while (await this.isBusy()) await setTimeout(40);
  }

  private async isBusy(): Promise<boolean> {
    const rows = await query(
      server.gateway.database.url,
      `select 1 from paggio.replays where status = 'running' and filter->>'endpointId' = '${this.id}'
       union all select 1 from paggio.deliveries where endpoint_id = '${this.id}' and state = 'pending' limit 1`,
    );
    return rows.length > 0;
  }

  lookAtHosts(by: readonly string[]): void {
    const arrived = this.mine.requests.slice(this.checked);
    this.checked = this.mine.requests.length;
    for (const one of arrived) {
      this.look(textOf(one), [...by, `${one.method} ${one.url} arrives at a host of the attacker`]);
      this.lookForForgery(one, by);
    }
  }

  /** Looks for canaries in a text. It is used for requests to the operator's hosts too. */
  look(text: string, by: readonly string[], allowed: readonly string[] = []): void {
    for (const { name, forms } of this.watched) {
      if (allowed.includes(name) || !forms.some((one) => text.includes(one))) continue;
      throw new Error(`${name} is reached by:\n${by.join('\n')}\n\n${text.slice(0, 2_000)}`);
    }
  }

  /** Checks whether a request authenticates a message that the provider has not sent, as it is or with another body. */
  private lookForForgery(arrived: RecordedRequest, by: readonly string[]): void {
    const { method, url, rawHeaders, body } = arrived;
    // Only the type of a test event can be chosen, from harmless characters. The message is Paggio's own.
    const forged = body.includes('"amount":999999') ? body : Buffer.from(ATTACK);
    const request = { method, target: url, headers: new HeaderList(rawHeaders), body: forged, receivedAt: Date.now() };
    const result = this.verifier.verify(request);
    if (!(result instanceof Promise) && result.ok)
      throw new Error(`A message of one's own is authenticated by:\n${by.join('\n')}\n\n${textOf(arrived)}`);
  }

  /**
   * The part of the configuration that matters here. Configurations without a secret of the victim count as one, because they
   * have nothing to lose.
   */
  async state(): Promise<{ hosts: string; verification: string }> {
    const { destinations, verification } = await server.paggio.admin.endpoints.get(owner, this.id);
    this.destinations = destinations;
    this.settings = JSON.stringify([destinations.map(({ id, url }) => [id, url]), verification]);
    const hosts = [...new Set(destinations.map(({ url }) => url))].sort().join();
    const { secrets, replaySecrets = {} } = this.victim.config;
    const own = [...secrets.map(({ value }) => value), ...Object.values(replaySecrets)].map((one) => one.slice(-4));
    if (verification === null) return { hosts, verification: NONE };
    const { secretsLastFour, replaySecretsLastFour, ...rest } = verification;
    const kept = [...secretsLastFour, ...Object.values(replaySecretsLastFour)].filter((one) => own.includes(one));
    if (kept.length === 0) return { hosts, verification: OF_THE_ATTACKER };
    // The default scheme may be named or left out.
    const scheme = rest.scheme ?? findProvider(rest.provider)?.defaultScheme;
    return { hosts, verification: JSON.stringify([{ ...rest, scheme }, kept]) };
  }

  async reset(): Promise<void> {
    const [first] = this.destinations;
    const { destinations: now } = await server.paggio.admin.endpoints.update(owner, this.id, {
      destinations: [{ ...(first && { id: first.id }), url: home.url() }],
      verification: this.stored(),
    });
    this.destinations = now;
    this.destinationId = now[0]?.id ?? '';
  }

  private stored(): VerificationInput {
    const { provider, scheme, secrets, publicUrl, settings, replaySecrets = {} } = this.victim.config;
    return {
      ...{ provider, scheme, settings: { ...settings }, publicUrl },
      secrets: secrets.map(({ value }) => value),
      replaySecrets,
    };
  }

  /**
   * Makes every change, and every further one after each first change that leads to another verification.
   * @param twice false: no second changes
   * @returns the number of configurations
   */
  async walk(twice: boolean): Promise<number> {
    const start = await this.state();
    const known = new Set([JSON.stringify(start)]);
    await this.useEverything([]);
    this.used.add(start.verification);
    const reached = new Map<string, Call>();
    for (const change of this.changes('every')) {
      const state = await this.try([], change, known);
      if (state && !reached.has(state.verification)) reached.set(state.verification, change);
    }
    for (const [verification, first] of twice ? reached : []) {
      await this.ask(first, []);
      const isLost = verification === NONE || verification === OF_THE_ATTACKER;
      for (const second of this.changes(isLost && !full ? 'few' : 'simple')) await this.try([first], second, known);
      await this.state();
      await this.reset();
    }
    if (this.isFurther) return known.size;
    await server.paggio.admin.endpoints.delete(owner, this.id);
    for (const call of Object.values(this.calls().send).flat()) await this.ask(call, ['a deleted endpoint']);
    this.lookAtHosts(['a deleted endpoint']);
    return known.size;
  }

  /**
   * @param which `simple` leaves out what an earlier change can do alone. `few` is for an endpoint without a secret: it changes the
   *   destinations, or brings back the settings with which the secret was used.
   */
  private changes(which: 'every' | 'simple' | 'few'): Call[] {
    const { 'endpoints.update': updates = [], ...others } = this.calls().change;
    const [update] = updates as [Call];
    const updatesWith = (bodies: object[]): Call[] =>
      bodies.map((data) => ({ ...update, data, name: `PATCH ${JSON.stringify(data)}` }));
    if (which === 'every') return [...updates, ...Object.values(others).flat()];
    const { provider, scheme, settings } = this.stored();
    const returning = { verification: { provider, scheme, settings } };
    return [
      ...updatesWith(which === 'simple' ? this.simpleChanges() : [...this.hostileDestinations(), returning]),
      ...Object.entries(others).flatMap(([id, calls]) => (id.startsWith('destinations') ? calls : [])),
    ];
  }

  /**
   * Makes a change after others that are already made.
   * @returns the configuration after it, once everything was used under it; null if that configuration was known
   */
  private async try(
    before: readonly Call[],
    change: Call,
    known: Set<string>,
  ): Promise<Awaited<ReturnType<World['state']>> | null> {
    const by = [...before, change].map(({ name }) => name);
    const settings = this.settings;
    if ((await this.ask(change, by)) >= 300) return null;
    const state = await this.state();
    const isNew = !known.has(JSON.stringify(state));
    known.add(JSON.stringify(state));
    const isKnownAsLost = state.verification === NONE || state.verification === OF_THE_ATTACKER;
    if (isNew && (full || !isKnownAsLost || !this.used.has(state.verification)))
      await this.useEverything(by, !full && this.used.has(state.verification));
    this.used.add(state.verification);
    if (this.settings === settings) return isNew ? state : null;
    await this.reset();
    for (const call of before) await this.ask(call, []);
    this.settings = settings;
    return isNew ? state : null;
  }
}

/** The forms that a secret can have in a URL, a header or a body. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString('base64url'), bytes.toString('hex')];
}

function textOf({ method, url, rawHeaders, body }: RecordedRequest): string {
  return `${method} ${url}\n${rawHeaders.join('\n')}\n\n${body.toString('latin1')}`;
}

test('every operation has its place in the walk', async () => {
  const world = await World.open(victims[0] as Victim);
  const { change, send, read } = world.calls();
  const own = [...Object.keys(change), ...Object.keys(send), ...Object.keys(read)];
  // They need no key, or end only with their reader.
  const others = ['health.live', 'health.ready', 'openapi.get', 'events.stream', 'endpoints.delete'];
  const contract = own.filter((id) => !id.includes(':'));
  expect([...contract, ...others].sort()).toEqual(operations.map(({ id }) => id).sort());
  for (const id of own.filter((one) => one.includes(':'))) {
    const [dialect, operation] = id.split(':') as [keyof typeof dialects, string];
    expect(dialects[dialect].operations.map((one) => one.id)).toContain(operation);
  }
  await world.mine.stop();
});

describe('with read, write and ingest no secret is revealed by two changes and everything sent and read after them', () => {
  const walks = new Map<string, Promise<number | Error>>();

  beforeAll(() => {
    for (const victim of walked) {
      const walk = async (): Promise<number> => {
        const world = await World.open(victim);
        const states = await world.walk(full || victim === victims[0]);
        for (const one of environments.requests) world.look(textOf(one), ['a host of the operator']);
        await world.mine.stop();
        return states;
      };
      walks.set(
        victim.title,
        walk().catch((error: unknown) => error as Error),
      );
    }
  });

  test.each(walked.map(({ title }) => title))(
    'when requests carry %s',
    async (title) => {
      const states = await walks.get(title);
      if (states instanceof Error) throw states;
      expect(states).toBeGreaterThan(title.includes('signature') ? 10 : 1);
    },
    300_000,
  );
});

test.each(LOWER.map((scope) => [[scope]] as [Scope[]]).concat([[['read', 'ingest']], [['write', 'ingest']]]))(
  'with %s alone no more is possible',
  async (wanted) => {
    const held = { scopes: new Set(wanted), mode: 'live' as const };
    const world = await World.open(victims[0] as Victim, wanted);
    const { change, send, read } = world.calls();
    const asked = new Set<Scope>();
    for (const [id, [call]] of Object.entries({ ...change, ...send, ...read })) {
      const [dialect, local] = id.includes(':') ? (id.split(':') as [keyof typeof dialects, string]) : [null, id];
      const table = dialect === null ? operations : dialects[dialect].operations;
      const scope = table.find((one) => one.id === local)?.scope as Scope;
      // Two scopes together are asked for everything only in the full check.
      if (!full && wanted.length > 1 && asked.has(scope)) continue;
      asked.add(scope);
      const status = await world.ask(call as Call, [wanted.join()]);
      expect([id, status === 403]).toEqual([id, !hasScope(held, scope)]);
      if (/^(endpoints\.update|destinations|deliverant)/.test(id) && id in change && status < 300) {
        await world.state();
        await world.reset();
      }
    }
    world.lookAtHosts([wanted.join()]);
    await world.mine.stop();
  },
);
