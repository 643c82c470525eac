import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type DynamicModule,
  type INestApplication,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { createKeyText, type PaggioOptions } from '@paggio/core';
import {
  migratedDatabase,
  owner,
  Recorder,
  settled,
  TestScheduler,
  testMasterKey,
  type TestDatabase,
} from '@paggio/core/testing';
import {
  client,
  close,
  describeHost,
  inFrontOfHttp2,
  inFrontOfInject,
  injectInto,
  openHttp2Readers,
  openIdleConnections,
  request,
  sendRaw,
  startBody,
  type Host,
  type InjectedRequest,
  type RawAnswer,
} from '@paggio/http/testing';
import type { DataSource } from 'typeorm';
import { InjectPaggio, Paggio, PaggioModule } from './index';

@Controller('host')
class HostController {
  @Post('echo') echo(@Body() body: unknown): object {
    return { echo: body };
  }
  @Get('hello') hello(): object {
    return { hello: 'host' };
  }
}

const full = process.env['PAGGIO_FULL'] === '1';

let made: Promise<TestDatabase> | undefined;
afterAll(async () => (await made)?.drop());

/** One database for all apps of this file, which run one after another. Creating one takes longer than most tests. */
async function sharedDatabase(): Promise<TestDatabase> {
  const { url } = await (made ??= migratedDatabase());
  return { url, drop: async () => undefined };
}

function options(database: TestDatabase): PaggioOptions {
  return {
    database: { url: database.url },
    masterKey: testMasterKey,
    allowedNetworks: ['127.0.0.0/8'],
    stopGrace: 2_000,
    scheduler: new TestScheduler(),
  };
}

/** For apps in whose test nothing is delivered, because they start and stop with fewer connections. */
function withoutDelivery(database: TestDatabase): PaggioOptions {
  return { ...options(database), roles: ['capture', 'api', 'dashboard'] };
}

async function listen(app: INestApplication, database: TestDatabase): Promise<Host> {
  await app.listen(0, '127.0.0.1');
  return hostOf(app, database, app.getHttpServer() as Server);
}

/** Starts a server that passes requests on to an app which does not listen itself. */
async function listenBehind(front: Server, app: INestApplication, database: TestDatabase): Promise<Host> {
  await app.init();
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
  const host = await hostOf(app, database, front);
  return {
    ...host,
    stop: async () => {
      await close(front);
      await host.stop();
    },
  };
}

async function hostOf(app: INestApplication, database: TestDatabase, server: Server): Promise<Host> {
  const { port } = server.address() as AddressInfo;
  const paggio = app.get(Paggio, { strict: false });
  paggio.host.address.publishedAt(`http://127.0.0.1:${port}`);
  const key = createKeyText('live');
  await paggio.admin.keys.createFirst(owner.userId, key);
  return {
    paggio,
    port,
    key,
    inside: { database, runPeriodicWork: (name) => (paggio.host.options.scheduler as TestScheduler).run(name) },
    async stop() {
      await app.close();
      await database.drop();
    },
  };
}

async function create(
  module: (database: TestDatabase) => DynamicModule,
  configure: (app: INestApplication) => void = () => undefined,
  adapter?: () => AbstractHttpAdapter,
): Promise<{ app: INestApplication; database: TestDatabase }> {
  const database = await sharedDatabase();
  @Module({ imports: [module(database)], controllers: [HostController] })
  class HostModule {}
  const silent = { logger: false, abortOnError: false } as const;
  const app = adapter
    ? await NestFactory.create(HostModule, adapter(), silent)
    : await NestFactory.create(HostModule, silent);
  configure(app);
  return { app, database };
}

// The next host has the same adapter, with a prefix. The tests below that are about one thing have apps without one.
if (full)
  describeHost(
    'Nest on Express, forRoot',
    async () => {
      const { app, database } = await create((db) => PaggioModule.forRoot({ ...options(db), dashboard: true }));
      return listen(app, database);
    },
    '',
    { attached: true, whole: true },
  );

describeHost(
  'Nest with a global prefix, versioning and a path',
  async () => {
    const { app, database } = await create(
      (db) => PaggioModule.forRoot({ ...options(db), path: 'gateway', dashboard: true }),
      (host) => {
        host.setGlobalPrefix('v9', { exclude: ['host/echo'] });
        host.enableVersioning({ type: VersioningType.URI });
      },
    );
    return listen(app, database);
  },
  '/gateway',
  { attached: true },
);

// The next host has the same adapter, with a prefix.
if (full)
  describeHost(
    'Nest on Fastify',
    async () => {
      const { app, database } = await create(
        (db) => PaggioModule.forRoot({ ...options(db), dashboard: true }),
        undefined,
        () => new FastifyAdapter(),
      );
      return listen(app, database);
    },
    '',
    { attached: true },
  );

describeHost(
  'Nest on Fastify with a global prefix, versioning and a path',
  async () => {
    const { app, database } = await create(
      (db) => PaggioModule.forRoot({ ...options(db), path: 'gateway', dashboard: true }),
      (host) => {
        host.setGlobalPrefix('v9', { exclude: ['host/echo'] });
        host.enableVersioning({ type: VersioningType.URI });
      },
      () => new FastifyAdapter(),
    );
    return listen(app, database);
  },
  '/gateway',
  { whole: true, attached: true },
);

test('Nest on Fastify accepts webhooks over HTTP/2, stores no pseudo header, and delivers them', async () => {
  const { app, database } = await create(
    (db) => PaggioModule.forRoot(options(db)),
    undefined,
    () => new FastifyAdapter({ http2: true }) as AbstractHttpAdapter,
  );
  await app.listen(0, '127.0.0.1');
  const host = await listenBehind(inFrontOfHttp2(app.getHttpServer() as Http2Server), app, database);
  const recorder = await Recorder.start();
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, {
    name: 'http2',
    destinationUrl: recorder.url(),
  });
  const answer = await request(host.port, { path: `/api/webhook/${endpoint.slug}`, body: '{"a":1}' });
  const event = await settled(host.paggio, owner, answer.headers['paggio-event-id'] as string);
  expect([answer.status, event.status, event.rawHeaders.slice(0, 2)]).toEqual([
    200,
    'delivered',
    ['host', 'gateway.localhost'],
  ]);
  expect(event.rawHeaders.filter((text) => text.startsWith(':'))).toEqual([]);
  expect((await client(host.port, 'nope').get('/api/v1/events')).status).toBe(401);
  await recorder.stop();
  await host.stop();
});

describeHost(
  'Nest on Fastify without a socket',
  async () => {
    const { app, database } = await create(
      (db) => PaggioModule.forRoot({ ...options(db), dashboard: true }),
      undefined,
      () => new FastifyAdapter(),
    );
    const { inject } = app as unknown as {
      inject: (injected: InjectedRequest) => ReturnType<Parameters<typeof inFrontOfInject>[0]>;
    };
    return listenBehind(
      inFrontOfInject((injected) => inject.call(app, injected)),
      app,
      database,
    );
  },
  '',
  { ownsConnection: false, streams: false, routesFirst: false },
);

describeHost(
  'Nest on Express behind a serverless adapter',
  async () => {
    const { app, database } = await create((db) => PaggioModule.forRoot({ ...options(db), dashboard: true }));
    const express = app.getHttpAdapter().getInstance() as Parameters<typeof injectInto>[0];
    return listenBehind(inFrontOfInject(injectInto(express)), app, database);
  },
  '',
  { ownsConnection: false, streams: false },
);

// Late options do not make another host. The test with the DataSource below uses forRootAsync too.
if (full)
  describeHost('Nest testing module, forRootAsync', async () => {
    const { Test } = await import('@nestjs/testing');
    const database = await sharedDatabase();
    const module = await Test.createTestingModule({
      imports: [PaggioModule.forRootAsync({ dashboard: true, useFactory: async () => options(database) })],
      controllers: [HostController],
    }).compile();
    return listen(module.createNestApplication({ logger: false }), database);
  });

test("the host's global guard protects its routes and the API, and leaves webhooks public [EMB-09]", async () => {
  @Injectable()
  class Closed implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }
  const database = await sharedDatabase();
  @Module({
    imports: [PaggioModule.forRoot(withoutDelivery(database))],
    controllers: [HostController],
    providers: [{ provide: APP_GUARD, useClass: Closed }],
  })
  class HostModule {}
  const host = await listen(await NestFactory.create(HostModule, { logger: false }), database);
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'public' });
  expect((await request(host.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' })).status).toBe(200);
  expect((await client(host.port, host.key).get('/host/hello')).status).toBe(403);
  expect((await client(host.port, host.key).get('/api/v1/events')).data).toMatchObject({
    status: 'error',
    code: 'FORBIDDEN',
  });
  await host.stop();
});

test("the host's throttler limits its own routes and the API, in Paggio's error body, and never webhooks [EMB-09]", async () => {
  for (const adapter of [undefined, () => new FastifyAdapter()]) {
    const { app, database } = await create(
      (db) => ({
        module: class Throttled {},
        imports: [
          ThrottlerModule.forRoot({ throttlers: [{ ttl: 60_000, limit: 2 }] }),
          PaggioModule.forRoot({ ...withoutDelivery(db), isGlobal: true }),
        ],
        providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
      }),
      undefined,
      adapter,
    );
    const host = await listen(app, database);
    const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'busy' });
    const statuses = async (ask: () => Promise<{ status: number }>): Promise<number[]> => [
      (await ask()).status,
      (await ask()).status,
      (await ask()).status,
    ];
    expect(await statuses(() => request(host.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' }))).toEqual([
      200, 200, 200,
    ]);
    expect(await statuses(() => client(host.port, '').get('/host/hello'))).toEqual([200, 200, 429]);
    const limited = client(host.port, host.key);
    expect(await statuses(() => limited.get('/api/v1/events'))).toEqual([200, 200, 429]);
    expect((await limited.get('/api/v1/events')).data).toMatchObject({ status: 'error', code: 'RATE_LIMITED' });
    await host.stop();
  }
});

@Injectable()
class Sessions implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const incoming = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    if (incoming.headers['x-session'] === 'anna') incoming.user = { id: owner.userId };
    return true;
  }
}

type Adapter = 'Express' | 'Fastify';
const adapters: readonly Adapter[] = ['Express', 'Fastify'];
const guarded = new Map<Adapter, Promise<Host & { faults: unknown[] }>>();
afterAll(async () => {
  for (const host of guarded.values()) await (await host).stop();
});

let other: Promise<TestDatabase> | undefined;
afterAll(async () => (await other)?.drop());

/** A database beside that of the other apps, for apps that run at the same time as those. */
async function otherDatabase(): Promise<TestDatabase> {
  const { url } = await (other ??= migratedDatabase());
  return { url, drop: async () => undefined };
}

/** One app of each adapter for several tests. */
function guardedHost(adapter: Adapter): Promise<Host & { faults: unknown[] }> {
  const start = async (): Promise<Host & { faults: unknown[] }> => {
    const database = await otherDatabase();
    const faults: unknown[] = [];
    const { app } = await create(
      () =>
        PaggioModule.forRoot({
          ...withoutDelivery(database),
          guards: [Sessions],
          resolveUser: (incoming) => {
            const { user } = incoming as { user?: { id: string } };
            return user ? { userId: user.id } : null;
          },
          allow: (incoming) => incoming.headers['x-blocked'] === undefined,
          onFault: (error) => faults.push(error),
          ingestUrl: 'https://in.example.test',
          health: true,
        }),
      undefined,
      adapter === 'Fastify' ? () => new FastifyAdapter() : undefined,
    );
    return { ...(await listen(app, database)), faults };
  };
  const host = guarded.get(adapter) ?? start();
  guarded.set(adapter, host);
  return host;
}

test("the host's users use the API behind its guards, and resolveUser sees what the guards left on the request", async () => {
  for (const adapter of adapters) {
    const host = await guardedHost(adapter);
    const ask = async (headers: [string, string][]): Promise<number> =>
      (await request(host.port, { method: 'GET', path: '/api/v1/events', headers })).status;
    expect(await ask([['X-Session', 'anna']])).toBe(200);
    expect(await ask([])).toBe(401);
    expect(
      await ask([
        ['X-Session', 'anna'],
        ['X-Blocked', '1'],
      ]),
    ).toBe(403);
  }
});

test('an answer without a body is sent once and leaves no fault', async () => {
  for (const adapter of adapters) {
    const host = await guardedHost(adapter);
    const api = client(host.port, host.key);
    const { data, headers } = await api.post('/api/v1/endpoints', { name: 'short-lived' });
    const path = `/api/v1/endpoints/${data.id}`;
    const unchanged = await api.get(path, { headers: { 'if-none-match': headers['etag'] as string } });
    expect([unchanged.status, (await api.delete(path)).status]).toEqual([304, 204]);
    // The next answer comes only after Nest has finished with the one before.
    expect((await api.get('/api/v1/events')).status).toBe(200);
    expect(host.faults).toEqual([]);
  }
});

test('an unknown adapter stops the start, and the error names the known ones [EMB-10]', async () => {
  class OtherAdapter extends ExpressAdapter {
    override getType(): string {
      return 'restify';
    }
  }
  const database = await sharedDatabase();
  const start = NestFactory.create(PaggioModule.forRoot(withoutDelivery(database)), new OtherAdapter(), {
    logger: false,
    abortOnError: false,
  });
  await expect(start).rejects.toThrow(/Express and Fastify adapters; this app has "restify"/);
  await database.drop();
});

test("the host's TypeORM DataSource gives Paggio its database, and the host's scheduler runs the periodic work", async () => {
  let ticks = 0;
  @Injectable()
  class HostJobs {
    @Interval(50) tick(): void {
      ticks++;
    }
  }
  const database = await sharedDatabase();
  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database.url, installExtensions: false }),
      ScheduleModule.forRoot(),
      PaggioModule.forRootAsync({
        inject: [getDataSourceToken()],
        useFactory: (dataSource: DataSource) => ({
          ...options(database),
          database: { dataSource },
          scheduler: undefined,
        }),
      }),
    ],
    controllers: [HostController],
    providers: [HostJobs],
  })
  class HostModule {}
  const app = await NestFactory.create(HostModule, { logger: false });
  const host = await listen(app, database);
  const registry = app.get(SchedulerRegistry);
  expect(
    registry
      .getIntervals()
      .filter((name) => name.startsWith('paggio:'))
      .sort(),
  ).toEqual([
    'paggio:check-in:default',
    'paggio:growth:default',
    'paggio:index:default',
    'paggio:listener:default',
    'paggio:master-key:default',
    'paggio:notify:default',
    'paggio:poll:default',
    'paggio:quota:default',
    'paggio:refusals:default',
    'paggio:renew:default',
    'paggio:replays:default',
    'paggio:sweep:default',
    'paggio:takeovers:default',
    'paggio:usage:default',
  ]);
  const before = ticks;
  const startedAt = Date.now();
  await new Promise((done) => setTimeout(done, 500));
  // Once per interval. A second ScheduleModule would run every job of the host twice.
  expect(ticks - before).toBeLessThanOrEqual(Math.ceil((Date.now() - startedAt) / 50) + 1);
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'x' });
  expect((await request(host.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' })).status).toBe(200);
  await host.stop();
});

test("the host's own health route keeps its global prefix, and a process without the role api has no management API", async () => {
  @Controller('health')
  class HealthController {
    @Get() health(): object {
      return { of: 'host' };
    }
  }
  const database = await sharedDatabase();
  @Module({
    imports: [PaggioModule.forRoot({ ...options(database), roles: ['capture', 'deliver'] })],
    controllers: [HealthController],
  })
  class HostModule {}
  const app = await NestFactory.create(HostModule, { logger: false });
  app.setGlobalPrefix('v9');
  const host = await listen(app, database);
  expect((await client(host.port, '').get('/v9/health')).data).toEqual({ of: 'host' });
  expect((await client(host.port, '').get('/health')).status).toBe(404);
  expect((await client(host.port, host.key).get('/api/v1/events')).status).toBe(404);
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'x' });
  expect((await request(host.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' })).status).toBe(200);
  await host.stop();
});

test.each(adapters)(
  'on the host of ingestUrl, Nest on %s answers webhook URLs and no other path of Paggio',
  async (adapter) => {
    const host = await guardedHost(adapter);
    host.paggio.host.address.publishedAt('https://other.example.test');
    const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'in' });
    const at = (name: string, path: string): Promise<RawAnswer> =>
      sendRaw(
        host.port,
        Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\nAuthorization: Bearer ${host.key}\r\n\r\n`),
      );
    const paths = ['/api/v1/events', '/health', '/host/hello', `/api/webhook/${endpoint.slug}`];
    const statuses = async (name: string): Promise<number[]> =>
      Promise.all(paths.map(async (path) => (await at(name, path)).status));
    expect(await statuses('in.example.test')).toEqual([404, 404, 200, 200]);
    expect(await statuses('localhost')).toEqual([200, 200, 200, 200]);
  },
);

test('two instances in one app stay separate and are injected by name, and two at one path are refused', async () => {
  const [first, second] = [await sharedDatabase(), await otherDatabase()];
  // Nobody else has objects in the two databases.
  const who = { ...owner, userId: 'user-of-two' };
  @Injectable()
  class Both {
    @InjectPaggio('b') readonly b!: Paggio;
    constructor(@InjectPaggio('a') readonly a: Paggio) {}
  }
  @Module({
    imports: [
      PaggioModule.forRoot({ ...withoutDelivery(first), path: 'a', name: 'a' }),
      PaggioModule.forRoot({ ...withoutDelivery(second), path: 'b', name: 'b' }),
    ],
    providers: [Both],
  })
  class HostModule {}
  const app = await NestFactory.create(HostModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const { a, b } = app.get(Both);
  const { endpoint } = await a.admin.endpoints.create(who, { name: 'x' });
  expect((await request(port, { path: `/a/api/webhook/${endpoint.slug}`, body: '{}' })).status).toBe(200);
  expect((await request(port, { path: `/b/api/webhook/${endpoint.slug}`, body: '{}' })).status).toBe(404);
  expect((await b.admin.endpoints.list(who, { limit: 1, offset: 0, startingAfter: null })).total).toBe(0);
  await app.close();

  @Module({
    imports: [
      PaggioModule.forRoot({ ...withoutDelivery(first), name: 'a' }),
      PaggioModule.forRoot({ ...withoutDelivery(second), name: 'b' }),
    ],
  })
  class ClashingModule {}
  const clashing = await NestFactory.create(ClashingModule, { logger: false, abortOnError: false });
  await expect(clashing.init()).rejects.toThrow(/Two Paggio instances/);
  await clashing.close();
});

test('wrong options and an unreachable database stop the start with a clear error', async () => {
  const start = (settings: object): Promise<INestApplication> => {
    @Module({ imports: [PaggioModule.forRoot(settings as never)] })
    class HostModule {}
    return NestFactory.create(HostModule, { logger: false, abortOnError: false });
  };
  await expect(start({ masterKey: 'short', bodyLimt: 1 })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    details: [{ field: 'bodyLimt' }, { field: 'database' }, { field: 'masterKey' }],
  });
  const app = await start({ database: { url: 'postgres://nobody@127.0.0.1:1/none' }, masterKey: testMasterKey });
  await expect(app.init()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('does not answer'),
  });
  await app.close();
});

/** What the clients of an app see that ends while they have streams, bodies and connections open. */
interface Ending {
  /** The answers to the senders that stopped in the middle of a body. */
  answers: string[];
  isStreamClosed: boolean;
}

let ending: Promise<Ending> | undefined;
/** One app on Express for several tests, because each app that ends waits for its clients. */
const onExpress = (): Promise<Ending> => (ending ??= endWithClients());

async function endWithClients(): Promise<Ending> {
  const { app, database } = await create((db) => PaggioModule.forRoot(withoutDelivery(db)));
  const host = await listen(app, database);
  const server = app.getHttpServer() as Server;
  const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'open' });
  const idle = await openIdleConnections(server, host.key, endpoint.slug);
  const stream = await client(host.port, host.key).get('/api/v1/events/stream', { responseType: 'stream' });
  const streamClosed = new Promise((done) => stream.data.on('close', done).resume());
  const senders = [
    await startBody(server, { path: `/api/webhook/${endpoint.slug}` }),
    await startBody(server, { path: '/api/v1/endpoints', headers: [['Authorization', `Bearer ${host.key}`]] }),
  ];
  await app.close();
  await idle.closed();
  await streamClosed;
  const answers = await Promise.all(senders.map(({ answer }) => answer));
  return { answers, isStreamClosed: true };
}

test('an open event stream does not delay the end of the app', async () => {
  expect((await onExpress()).isStreamClosed).toBe(true);
});

test('sessions and event streams of HTTP/2 clients do not delay the end of the app', async () => {
  const { app, database } = await create(
    (db) => PaggioModule.forRoot(withoutDelivery(db)),
    undefined,
    () => new FastifyAdapter({ http2: true }) as AbstractHttpAdapter,
  );
  const host = await listen(app, database);
  const readers = await openHttp2Readers(host.port, host.key, null);
  await app.close();
  await readers.closed;
  await database.drop();
});

test('connections that clients leave open do not delay the end of the app, on Express and on Fastify', async () => {
  const leaveOpen = async (): Promise<void> => {
    const { app, database } = await create(
      (db) => PaggioModule.forRoot(withoutDelivery(db)),
      undefined,
      () => new FastifyAdapter() as AbstractHttpAdapter,
    );
    const host = await listen(app, database);
    const { endpoint } = await host.paggio.admin.endpoints.create(owner, { name: 'idle' });
    const { closed } = await openIdleConnections(app.getHttpServer() as Server, host.key, endpoint.slug);
    await app.close();
    await closed();
  };
  await Promise.all([onExpress(), leaveOpen()]);
});

test('senders that stop in the middle of a body do not delay the end of the app', async () => {
  const { answers } = await onExpress();
  expect(answers).toHaveLength(2);
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i);
});
