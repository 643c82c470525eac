import { createHmac } from 'node:crypto';
import type { Operations } from './api';
import { Caller, type CallInput, type CallSettings, type ClientOptions } from './caller';
import { parseEventStream, type StreamMessage } from './event-stream';
import { unwrap, type Result } from './result';

type Query<Id extends keyof Operations> = Operations[Id]['query'];
type Body<Id extends keyof Operations> = Operations[Id]['body'];
type Answer<Id extends keyof Operations> = Promise<Result<Operations[Id]['answer']>>;

/** An operation whose answer is a page. */
type ListId = 'events.list' | 'rejections.list' | 'replays.list' | 'endpoints.list' | 'keys.list' | 'audit.list';
type ItemOf<Id extends ListId> = Operations[Id]['answer'] extends { data: (infer Item)[] } ? Item : never;
type FilterOf<Id extends ListId> = Omit<NonNullable<Query<Id>>, 'offset' | 'starting_after'>;

export interface IngestOptions extends CallSettings {
  /** The endpoint's secret, the whole `whsec_...` text. */
  secret: string;
  eventType?: string;
  correlationId?: string;
}

const PAGE = 100;

/**
 * A typed client of the Paggio API. Every method returns a `Result`; `unwrap` turns a failure into an exception.
 * @example
 * const paggio = createClient({ baseUrl: 'http://localhost:4400', apiKey });
 * const { deliveries } = unwrap(await paggio.events.publish({ event_type: 'order.paid', payload: { id: 1 } }));
 * for await (const event of paggio.events.iterate({ status: 'failed' })) await paggio.events.replay(event.id);
 */
export class PaggioClient {
  private readonly caller: Caller;

  constructor(options: ClientOptions) {
    this.caller = new Caller(options);
  }

  /** Calls any operation by its id in the OpenAPI document. */
  call<Id extends keyof Operations>(id: Id, input: CallInput<Id>): Answer<Id> {
    return this.caller.call(id, input);
  }

  readonly events = {
    list: (query: Query<'events.list'> = {}) => this.call('events.list', { query }),
    /** Every matching event, newest first, read page by page. @throws PaggioClientError */
    iterate: (query: FilterOf<'events.list'> = {}) => this.iterate('events.list', query),
    get: (id: string) => this.call('events.get', { params: { id } }),
    /** The exact bytes of the body. */
    raw: (id: string) => this.bytes('events.raw', id),
    verification: (id: string) => this.call('events.verification', { params: { id } }),
    /** With a URL or environment, makes one attempt now. Without a body, creates a new event with retries. */
    replay: (id: string, body: Body<'events.replay'> = {}, settings: CallSettings = {}) =>
      this.call('events.replay', { params: { id }, body, ...settings }),
    cancel: (id: string) => this.call('events.cancel', { params: { id } }),
    publish: (body: Body<'events.publish'>, settings: CallSettings = {}) =>
      this.call('events.publish', { body, ...settings }),
    /**
     * New and changed events, as they happen. It ends with the connection. To continue, call it again with the last
     * `lastEventId`.
     * @throws PaggioClientError when the stream cannot be opened
     */
    stream: (settings: { lastEventId?: string; signal?: AbortSignal } = {}) => this.stream(settings),
  };

  readonly rejections = {
    list: (query: Query<'rejections.list'> = {}) => this.call('rejections.list', { query }),
    iterate: (query: FilterOf<'rejections.list'> = {}) => this.iterate('rejections.list', query),
    get: (id: string) => this.call('rejections.get', { params: { id } }),
    raw: (id: string) => this.bytes('rejections.raw', id),
    verification: (id: string) => this.call('rejections.verification', { params: { id } }),
  };

  readonly replays = {
    list: (query: Query<'replays.list'> = {}) => this.call('replays.list', { query }),
    iterate: (query: FilterOf<'replays.list'> = {}) => this.iterate('replays.list', query),
    get: (id: string) => this.call('replays.get', { params: { id } }),
    create: (body: Body<'replays.create'>, settings: CallSettings = {}) =>
      this.call('replays.create', { body, ...settings }),
    cancel: (id: string) => this.call('replays.cancel', { params: { id } }),
  };

  readonly endpoints = {
    list: (query: Query<'endpoints.list'> = {}) => this.call('endpoints.list', { query }),
    iterate: (query: FilterOf<'endpoints.list'> = {}) => this.iterate('endpoints.list', query),
    create: (body: Body<'endpoints.create'>) => this.call('endpoints.create', { body }),
    get: (id: string) => this.call('endpoints.get', { params: { id } }),
    update: (id: string, body: Body<'endpoints.update'>, settings: CallSettings = {}) =>
      this.call('endpoints.update', { params: { id }, body, ...settings }),
    delete: (id: string, settings: CallSettings = {}) => this.call('endpoints.delete', { params: { id }, ...settings }),
    secret: (id: string) => this.call('endpoints.secret', { params: { id } }),
    rotateSecret: (id: string, body: Body<'endpoints.rotate_secret'> = {}) =>
      this.call('endpoints.rotate_secret', { params: { id }, body }),
    test: (id: string, body: Body<'endpoints.test'> = {}) => this.call('endpoints.test', { params: { id }, body }),
  };

  readonly destinations = {
    list: (endpointId: string) => this.call('destinations.list', { params: { id: endpointId } }),
    create: (endpointId: string, body: Body<'destinations.create'>) =>
      this.call('destinations.create', { params: { id: endpointId }, body }),
    get: (endpointId: string, id: string) =>
      this.call('destinations.get', { params: { id: endpointId, destination_id: id } }),
    update: (endpointId: string, id: string, body: Body<'destinations.update'>, settings: CallSettings = {}) =>
      this.call('destinations.update', { params: { id: endpointId, destination_id: id }, body, ...settings }),
    delete: (endpointId: string, id: string, settings: CallSettings = {}) =>
      this.call('destinations.delete', { params: { id: endpointId, destination_id: id }, ...settings }),
  };

  readonly keys = {
    list: (query: Query<'keys.list'> = {}) => this.call('keys.list', { query }),
    iterate: (query: FilterOf<'keys.list'> = {}) => this.iterate('keys.list', query),
    create: (body: Body<'keys.create'>) => this.call('keys.create', { body }),
    delete: (id: string) => this.call('keys.delete', { params: { id } }),
  };

  readonly audit = {
    list: (query: Query<'audit.list'> = {}) => this.call('audit.list', { query }),
    iterate: (query: FilterOf<'audit.list'> = {}) => this.iterate('audit.list', query),
  };

  readonly notifications = {
    get: () => this.call('notifications.get', {}),
    put: (body: Body<'notifications.put'>, settings: CallSettings = {}) =>
      this.call('notifications.put', { body, ...settings }),
    test: (body: Body<'notifications.test'>) => this.call('notifications.test', { body }),
  };

  /** Server configuration and queue status. Needs a live key with the scope `operator`. */
  system(): Answer<'system.get'> {
    return this.call('system.get', {});
  }

  stats(query: Query<'stats.get'> = {}): Answer<'stats.get'> {
    return this.call('stats.get', { query });
  }

  providers(): Answer<'providers.list'> {
    return this.call('providers.list', {});
  }

  /**
   * Signed ingest: an event for one endpoint, signed with its secret. An object is sent as JSON, text and bytes as they
   * are.
   */
  async ingest(endpointId: string, body: object | string | Buffer, options: IngestOptions): Answer<'ingest.signed'> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', options.secret).update(`${timestamp}.`).update(bytes).digest('hex');
    const headers = {
      'X-PJ-Timestamp': timestamp,
      'X-PJ-Signature': signature,
      ...(options.eventType === undefined ? {} : { 'X-PJ-Event-Type': options.eventType }),
      ...(options.correlationId === undefined ? {} : { 'X-PJ-Correlation-ID': options.correlationId }),
    };
    const { idempotencyKey, signal } = options;
    const params = { endpoint_id: endpointId };
    return (await this.caller.send('ingest.signed', {
      params,
      body: bytes,
      headers,
      idempotencyKey,
      signal,
    })) as Awaited<Answer<'ingest.signed'>>;
  }

  private async bytes(id: 'events.raw' | 'rejections.raw', eventId: string): Promise<Result<Buffer>> {
    const settings = { params: { id: eventId }, responseType: 'arraybuffer' } as const;
    return (await this.caller.send(id, settings)) as Result<Buffer>;
  }

  private async *iterate<Id extends ListId>(id: Id, query: FilterOf<Id>): AsyncGenerator<ItemOf<Id>, void, void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.caller.send(id, { query: { limit: PAGE, ...query, starting_after: after } });
      const { data, meta } = unwrap(page) as { data: { id: string }[]; meta: { has_more: boolean } };
      yield* data as ItemOf<Id>[];
      after = data.at(-1)?.id;
      if (!meta.has_more || after === undefined) return;
    }
  }

  private async *stream(settings: {
    lastEventId?: string;
    signal?: AbortSignal;
  }): AsyncGenerator<StreamMessage, void, void> {
    const { lastEventId, signal } = settings;
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const result = await this.caller.send('events.stream', { headers, signal, responseType: 'stream' });
    yield* parseEventStream(unwrap(result) as AsyncIterable<Uint8Array>);
  }
}

/** A client of a Paggio server, or of an app that Paggio is mounted in. */
export function createClient(options: ClientOptions): PaggioClient {
  return new PaggioClient(options);
}
