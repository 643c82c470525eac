import { Controller, Inject, Injectable, Module, Scope, type OnModuleInit } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import {
  captureFromGitHub,
  migratedDatabase,
  gitHub,
  owner,
  query,
  settled,
  startGateway,
  testMasterKey,
  type TestDatabase,
} from '@paggio/core/testing';
import { Column, Entity, PrimaryColumn, type DataSource, type EntityManager } from 'typeorm';
import { OnWebhook, Paggio, PaggioModule, type HandlerContext, type WebhookEvent } from './index';

@Entity('orders')
class Order {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') ref!: string;
}

const seen: string[] = [];
let database: TestDatabase;

beforeEach(async () => {
  database = await migratedDatabase();
  seen.splice(0);
});

afterEach(() => database.drop());

const settings = (): object => ({ masterKey: testMasterKey, stopGrace: 2_000 });

test('methods of providers and controllers become destinations, with injection, once every module is ready', async () => {
  @Injectable()
  class Names {
    readonly name = 'injected';
  }
  class Base {
    @OnWebhook('github', 'issues.*') issues(event: WebhookEvent): void {
      seen.push(`inherited ${event.type}`);
    }
  }
  @Injectable()
  class Pushes extends Base implements OnModuleInit {
    private up = false;
    constructor(@Inject(Names) private readonly names: Names) {
      super();
    }
    /** Takes long enough for waiting deliveries to be claimed. */
    async onModuleInit(): Promise<void> {
      await new Promise((done) => setTimeout(done, 500));
      this.up = true;
    }
    @OnWebhook('github', 'push') push(event: WebhookEvent<{ ref: string }>, { attempt }: HandlerContext): void {
      seen.push(`${this.names.name} ${event.payload.ref} ${attempt} ${this.up}`);
    }
    @OnWebhook('github', 'push', { instance: 'another' }) other(): void {
      seen.push('another instance');
    }
  }
  @Injectable({ scope: Scope.REQUEST })
  class PerEvent {
    private static count = 0;
    private readonly number = ++PerEvent.count;
    constructor(@Inject(REQUEST) private readonly request: WebhookEvent) {}
    @OnWebhook('github', 'push') push(event: WebhookEvent): void {
      seen.push(`per event ${this.number} ${this.request.id === event.id}`);
    }
  }
  @Controller()
  class Hooks {
    @OnWebhook('github', 'push', { name: 'named' }) push(): void {
      seen.push('controller');
    }
  }
  @Module({
    imports: [PaggioModule.forRoot({ ...settings(), database: { url: database.url } } as never)],
    providers: [Names, Pushes, PerEvent, { provide: 'alias', useExisting: Pushes }],
    controllers: [Hooks],
  })
  class HostModule {}
  const start = () => NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
  let app = await start();
  let paggio = app.get(Paggio, { strict: false });
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  const push = async (type: string, body: string): Promise<string[]> => {
    await settled(paggio, owner, await captureFromGitHub(paggio, endpoint.slug, type, body));
    return seen.splice(0).sort();
  };
  const first = await push('push', '{"ref":"main"}');
  expect(first).toEqual(['controller', 'injected main 1 true', 'per event 1 true']);
  expect(await push('push', '{"ref":"next"}')).toContain('per event 2 true');
  expect(await push('issues', '{"action":"opened"}')).toEqual(['inherited issues.opened']);
  const urls = (await paggio.admin.endpoints.get(owner, endpoint.id)).destinations.map(({ url }) => url);
  expect(urls.sort()).toEqual([
    'handler:PerEvent.push',
    'handler:Pushes.issues',
    'handler:Pushes.push',
    'handler:named',
  ]);
  await app.close();

  // Events that arrived while the app was stopped are handled once every module is ready, not during the start.
  const capturing = await startGateway({ roles: ['capture'] }, {}, database);
  const id = await captureFromGitHub(capturing.paggio, endpoint.slug, 'push', '{"ref":"waited"}');
  await capturing.stop();
  app = await start();
  paggio = app.get(Paggio, { strict: false });
  await settled(paggio, owner, id);
  expect(seen).toContain('injected waited 1 true');
  await app.close();
});

test("a transactional method writes by the host's EntityManager, and its rows commit together with the delivery", async () => {
  await query(database.url, 'create table orders (id uuid primary key, ref text not null)');
  let fail = true;
  @Injectable()
  class Orders {
    @OnWebhook('github', 'push', { transactional: true, retry: { preset: 'quick' } })
    async push(event: WebhookEvent, { tx }: HandlerContext<EntityManager>): Promise<void> {
      await tx.getRepository(Order).insert({ id: event.id, ref: 'main' });
      if (!fail) return;
      fail = false;
      throw new Error('after the insert');
    }
  }
  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url: database.url, entities: [Order], installExtensions: false }),
      PaggioModule.forRootAsync({
        inject: [getDataSourceToken()],
        useFactory: (dataSource: DataSource) => ({ ...settings(), database: { dataSource } }) as never,
      }),
    ],
    providers: [Orders],
  })
  class HostModule {}
  const app = await NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
  const paggio = app.get(Paggio, { strict: false });
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  const event = await settled(paggio, owner, await captureFromGitHub(paggio, endpoint.slug, 'push', '{}'));
  expect(event.attempts.map(({ status }) => status)).toEqual(['failed', 'delivered']);
  expect(await query(database.url, 'select id, ref from orders')).toEqual([{ id: event.id, ref: 'main' }]);
  // The host's connections do not know Paggio's tables.
  expect(app.get<DataSource>(getDataSourceToken()).entityMetadatas.map(({ tableName }) => tableName)).toEqual([
    'orders',
  ]);
  await app.close();
});

test('two methods with the same name, or a wrong registration, stop the start with a clear error', async () => {
  const start = async (providers: (new () => object)[]): Promise<unknown> => {
    @Module({ imports: [PaggioModule.forRoot({ ...settings(), database: { url: database.url } } as never)], providers })
    class HostModule {}
    return NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
  };
  class One {
    @OnWebhook('github', 'push', { name: 'same' }) push(): void {}
    @OnWebhook('github', 'issues', { name: 'same' }) issues(): void {}
  }
  await expect(start([One])).rejects.toThrow(/two handlers with the name "same"/);
  class Wrong {
    @OnWebhook('gihtub', 'push') push(): void {}
  }
  await expect(start([Wrong])).rejects.toThrow(/no provider "gihtub"/);
});
