import { createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createKeyText } from '@paggio/core';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { operations } from '../resources/operations';
import type { Canaries } from './canaries';

export interface WholeProductSettings {
  /** Where the gateway listens. */
  url: string;
  /** An API key with every scope. */
  key: string;
  /** A destination that answers. */
  destinationUrl: string;
  canaries: Canaries;
}

interface Call {
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  data?: unknown;
  headers?: Record<string, string>;
}

/** How often a request is repeated. A statement that is made to fail fails a few times, and an operation has a few statements. */
const TRIES = 40;

/**
 * Uses every operation of the API, webhooks that are verified, refused and repeated, signed ingest, and a session of
 * the dashboard, with canaries wherever a client may put a value. A request that fails with a 5xx is sent again.
 */
export class WholeProduct {
  /** Operations that have succeeded. */
  readonly done = new Set<string>();
  /** Bodies of answers that say what is wrong. */
  readonly refusals: string[] = [];
  /** The webhooks of `run`, which `glance` sends again. */
  private readonly sent: { path: string; data: string; headers: Record<string, string> }[] = [];
  private readonly http: AxiosInstance;

  constructor(private readonly settings: WholeProductSettings) {
    this.http = axios.create({ baseURL: settings.url, validateStatus: () => true, maxRedirects: 0 });
  }

  static get operations(): string[] {
    return operations.map(({ id }) => id);
  }

  async run(): Promise<void> {
    const { canaries, destinationUrl } = this.settings;
    const plant = (place: string): string => canaries.plant(place);
    const provider = plant('provider secret');
    const hub = await this.create({
      name: 'hub',
      description: plant('description'),
      secret: `whsec_${plant('endpoint secret')}`,
      destination_url: `${destinationUrl}?token=${plant('destination query')}`,
      headers_json: { 'X-Api-Token': plant('destination header') },
      verification: { provider: 'github', secrets: [provider] },
      retry: { schedule_seconds: [0, 0] },
    });
    const open = await this.create({ name: 'open', destination_url: destinationUrl, order_by: 'x-order' });
    const id = { id: hub.id as string };
    await this.endpoints(id);
    await this.webhooks(hub, open, provider);
    await this.ingest(open);
    await this.events(hub);
    await this.others(id);
    await this.session();
    await this.call('endpoints.delete', { params: id });
  }

  /** Sends one read of every kind and the webhooks of an earlier `run`, each once, whatever the answers are. */
  async glance(): Promise<void> {
    const unknown = '018f0000-0000-7000-8000-000000000000';
    for (const { id, method, path } of operations) {
      if (method !== 'GET' || id === 'events.stream') continue;
      const url = path.replace(/:([a-z_]+)/g, unknown);
      const answer = await this.http.request({ method, url, ...this.bearer() });
      if (answer.status >= 400) this.refusals.push(JSON.stringify(answer.data));
    }
    // A value that the statement gets as a parameter.
    const params = { event_type: this.settings.canaries.plant('event type in a query') };
    const filtered = await this.http.request({ url: '/api/v1/events', params, ...this.bearer() });
    if (filtered.status >= 400) this.refusals.push(JSON.stringify(filtered.data));
    for (const { path, ...call } of this.sent) {
      const answer = await this.http.request({ method: 'POST', url: path, ...call });
      if (answer.status >= 400) this.refusals.push(JSON.stringify(answer.data));
    }
  }

  /** Sends a request, and repeats it while the answer is a 5xx. */
  async send(method: string, path: string, call: Call = {}): Promise<AxiosResponse> {
    for (let left = TRIES; ; left--) {
      const { query: params, data, headers } = call;
      const answer = await this.http.request({ method, url: path, params, data, headers });
      if (answer.status >= 400) this.refusals.push(JSON.stringify(answer.data));
      if (answer.status < 500 || left === 0) return answer;
    }
  }

  private async call(id: string, call: Call = {}): Promise<any> {
    const operation = operations.find((one) => one.id === id);
    if (!operation) throw new Error(`There is no operation ${id}.`);
    const path = operation.path.replace(/:([a-z_]+)/g, (_, name: string) => call.params?.[name] ?? name);
    const headers = { authorization: `Bearer ${this.settings.key}`, ...call.headers };
    const refusalsBefore = this.refusals.length;
    const answer = await this.send(operation.method, path, { ...call, headers });
    // A deletion that answered with a fault may have been committed already.
    const wasDeleted =
      operation.method === 'DELETE' && answer.status === 404 && this.refusals.length > refusalsBefore + 1;
    if (answer.status >= 400 && !wasDeleted)
      throw new Error(`${id} answered ${answer.status}: ${JSON.stringify(answer.data)}`);
    this.done.add(id);
    return answer.data;
  }

  private async create(settings: object): Promise<any> {
    const endpoint = await this.call('endpoints.create', { data: settings });
    this.settings.canaries.watch(`secret of ${String(endpoint.name)}`, String(endpoint.secret).slice('whsec_'.length));
    return endpoint;
  }

  private async endpoints(params: { id: string }): Promise<void> {
    const { canaries, destinationUrl } = this.settings;
    await this.call('endpoints.list');
    await this.call('endpoints.get', { params });
    await this.call('endpoints.secret', { params });
    const { secret } = await this.call('endpoints.rotate_secret', { params, data: {} });
    canaries.watch('rotated secret', secret.slice('whsec_'.length));
    const changed = { headers_json: { 'X-Api-Token': canaries.plant('changed header') }, concurrency: 4 };
    await this.call('endpoints.update', { params, data: changed });
    const { id } = await this.call('destinations.create', {
      params,
      data: { url: `${destinationUrl}/second`, headers_json: { 'X-Second': canaries.plant('second header') } },
    });
    const second = { ...params, destination_id: id as string };
    await this.call('destinations.list', { params });
    await this.call('destinations.get', { params: second });
    await this.call('destinations.update', { params: second, data: { timeout_seconds: 5 } });
    await this.call('destinations.delete', { params: second });
    await this.call('endpoints.test', { params, data: {} });
  }

  private async webhooks(hub: any, open: any, secret: string): Promise<void> {
    const { canaries } = this.settings;
    const body = JSON.stringify({ action: 'opened', card: canaries.plant('payload') });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const headers = (signed: string): Record<string, string> => ({
      'content-type': 'application/json',
      authorization: `Bearer ${canaries.plant('sender authorization')}`,
      cookie: `sid=${canaries.plant('sender cookie')}`,
      'x-custom': canaries.plant('sender header'),
      'x-github-event': 'issues',
      'x-github-delivery': canaries.plant('delivery id'),
      'x-hub-signature-256': `sha256=${signed}`,
    });
    const path = (endpoint: { slug: string }): string =>
      `/api/webhook/${endpoint.slug}?sig=${canaries.plant('request query')}`;
    const genuine = { path: path(hub), data: body, headers: headers(signature) };
    const forged = { path: path(hub), data: body, headers: headers(canaries.plant('wrong signature')) };
    for (const { path: target, ...call } of [genuine, genuine]) await this.send('POST', target, call);
    await this.reject(forged.path, { data: body, headers: forged.headers });
    this.sent.push(genuine, forged);
    await this.send('PUT', path(open), { data: canaries.plant('text payload'), headers: { 'x-order': 'one' } });
  }

  /** A request is refused even when its record cannot be written, so this sends it until there is a record. */
  private async reject(path: string, call: Call): Promise<void> {
    for (let left = TRIES; left > 0; left--) {
      const answer = await this.send('POST', path, call);
      if (answer.headers['paggio-rejection-id'] !== undefined) return;
    }
    throw new Error('No refused request was recorded.');
  }

  private async ingest(endpoint: any): Promise<void> {
    const { canaries, key } = this.settings;
    const body = JSON.stringify({ event_type: 'order.paid', payload: { note: canaries.plant('ingest payload') } });
    const { secret } = await this.call('endpoints.secret', { params: { id: endpoint.id } });
    const timestamp = String(Math.floor(Date.now() / 1000));
    await this.call('ingest.signed', {
      params: { endpoint_id: endpoint.id },
      data: body,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'x-pj-timestamp': timestamp,
        'x-pj-signature': createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex'),
        'idempotency-key': canaries.plant('ingest idempotency key'),
      },
    });
    await this.call('events.publish', {
      data: {
        event_type: 'user.made',
        payload: { note: canaries.plant('published payload') },
        endpoint_ids: [endpoint.id],
        idempotency_key: canaries.plant('publish idempotency key'),
      },
    });
  }

  private async events(hub: any): Promise<void> {
    const { canaries, destinationUrl } = this.settings;
    await this.call('events.list', { query: { q: canaries.plant('search'), status: 'pending' } });
    const { data } = await this.call('events.list', { query: { endpoint_id: hub.id, source: 'github', limit: 5 } });
    const params = { id: data[0].id as string };
    await this.call('events.get', { params });
    await this.call('events.attempts', { params });
    await this.call('events.raw', { params });
    await this.call('events.verification', { params });
    const destination_url = `${destinationUrl}?replay=${canaries.plant('replay query')}`;
    await this.call('events.replay', { params, data: { destination_url } });
    await this.call('events.replay', {
      params,
      headers: { 'idempotency-key': canaries.plant('replay idempotency key') },
    });
    await this.call('events.cancel', { params });
    await this.stream();
    const rejections = await this.call('rejections.list', { query: { endpoint_id: hub.id } });
    const rejected = { params: { id: rejections.data[0].id as string } };
    await this.call('rejections.get', rejected);
    await this.call('rejections.raw', rejected);
    await this.call('rejections.verification', rejected);
    const replay = await this.call('replays.create', {
      data: { filter: { endpoint_id: hub.id }, rate_per_second: 1 },
      headers: { 'idempotency-key': canaries.plant('bulk idempotency key') },
    });
    await this.call('replays.list');
    await this.call('replays.get', { params: { id: replay.id } });
    await this.send('POST', `/api/v1/replays/${String(replay.id)}/cancel`, this.bearer());
    this.done.add('replays.cancel');
  }

  private async others(endpoint: { id: string }): Promise<void> {
    const { canaries, destinationUrl } = this.settings;
    await this.call('stats.get', { query: { endpoint_id: endpoint.id } });
    const slack = {
      url: `${destinationUrl}/services/${canaries.plant('slack webhook')}`,
      triggers: ['failed', 'delivered'],
    };
    await this.call('notifications.put', { data: { slack } });
    await this.call('notifications.get');
    await this.call('notifications.test', { data: { channel: 'slack' } });
    const { id, key } = await this.call('keys.create', { data: { name: canaries.plant('name of a key') } });
    canaries.watch('new key', key.slice('pk_live_'.length));
    await this.call('keys.list');
    await this.call('keys.delete', { params: { id } });
    await this.send('GET', '/api/v1/endpoints', { headers: { authorization: `Bearer ${key as string}` } });
    const unknown = createKeyText('live');
    canaries.watch('unknown key', unknown.slice('pk_live_'.length));
    await this.send('GET', '/api/v1/endpoints', { headers: { authorization: `Bearer ${unknown}` } });
    for (const plain of ['audit.list', 'providers.list', 'system.get', 'metrics.get', 'openapi.get', 'health.live'])
      await this.call(plain);
    await this.call('health.ready');
  }

  private async session(): Promise<void> {
    const { canaries, key, url } = this.settings;
    const origin = new URL(url).origin;
    const signedIn = await this.send('POST', '/dashboard/session', { data: { key }, headers: { origin } });
    const cookie = String(signedIn.headers['set-cookie']?.[0] ?? '').split(';')[0] as string;
    canaries.watch('session', cookie.slice(cookie.indexOf('=') + 1));
    const headers = { cookie, origin };
    await this.send('GET', '/dashboard/session', { headers });
    await this.send('PATCH', '/dashboard/session', { headers, data: { mode: 'test' } });
    await this.send('GET', '/dashboard/api/v1/endpoints', { headers });
    await this.send('GET', `/dashboard/sign-in?token=${canaries.plant('sign-in link')}`);
    const sessions = await this.call('sessions.list');
    await this.call('sessions.delete', { params: { id: sessions.data[0].id as string } });
    await this.call('sessions.delete_others');
    await this.send('DELETE', '/dashboard/session', { headers });
  }

  private async stream(): Promise<void> {
    const { data, status } = await this.http.request<Readable>({
      url: '/api/v1/events/stream',
      responseType: 'stream',
      ...this.bearer(),
    });
    data.on('error', () => undefined).destroy();
    if (status === 200) this.done.add('events.stream');
  }

  private bearer(): { headers: Record<string, string> } {
    return { headers: { authorization: `Bearer ${this.settings.key}` } };
  }
}
