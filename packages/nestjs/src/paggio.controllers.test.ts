import { RequestMethod, type INestApplication, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants';
import { Test } from '@nestjs/testing';
import { operations, type Operation } from '@paggio/http';
import { request } from '@paggio/http/testing';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createControllers } from './paggio.controllers';
import type { PaggioHttpAdapter } from './paggio.http-adapter';
import { OPERATION } from './paggio.route';

const token = Symbol('adapter');
const everything = { health: true, openapi: true, metrics: true };
/** Signed ingest has no route: the request interceptor answers it, as it does webhooks. */
const table = operations.filter(({ part }) => part !== 'ingest');

interface Route {
  name: string;
  handler: object;
}

function routesOf(controllers: readonly Type<unknown>[]): Route[] {
  return controllers.flatMap(({ name, prototype }) => {
    const methods = Object.getOwnPropertyNames(prototype).filter((key) => key !== 'constructor');
    return methods.map((key) => ({
      name: `${name}.${key}`,
      handler: (prototype as Record<string, object>)[key] as object,
    }));
  });
}

test('the controllers have exactly one route for each operation of the table', () => {
  const routes = routesOf(createControllers('/base', token, everything));
  const seen = routes.map(({ handler }) => ({
    id: (Reflect.getMetadata(OPERATION, handler) as Operation).id,
    method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod],
    path: Reflect.getMetadata(PATH_METADATA, handler) as string,
  }));
  const byId = (one: { id: string }, other: { id: string }): number => (one.id < other.id ? -1 : 1);
  expect(seen.sort(byId)).toEqual(table.map(({ id, method, path }) => ({ id, method, path })).sort(byId));
});

test("controllers and methods have the names that the host's logs and Swagger show", () => {
  const names = routesOf(createControllers('', token, everything)).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'EventsController.stream',
      'EndpointsController.rotateSecret',
      'SessionsController.deleteOthers',
      'OpenApiController.get',
    ]),
  );
  expect(new Set(names).size).toBe(table.length);
});

test('health, metrics and the OpenAPI document have routes only if they are switched on', () => {
  const names = (parts: typeof everything): string[] => createControllers('', token, parts).map(({ name }) => name);
  const none = names({ health: false, openapi: false, metrics: false });
  expect(none).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(Health|OpenApi|Metrics)/)]));
  expect(
    names(everything)
      .filter((name) => !none.includes(name))
      .sort(),
  ).toEqual(['HealthController', 'MetricsController', 'OpenApiController']);
});

describe('with the router of Nest', () => {
  let app: INestApplication;
  const ran: [id: string, authorized: boolean][] = [];

  beforeAll(async () => {
    let authorized: Operation | undefined;
    const adapter: Pick<PaggioHttpAdapter, 'authorize' | 'run'> = {
      authorize: async (_request, operation) => void (authorized = operation),
      run: async (operation, _request, response) => {
        ran.push([operation.id, authorized === operation]);
        response.end();
      },
    };
    const module = await Test.createTestingModule({
      controllers: createControllers('/base', token, everything),
      providers: [{ provide: token, useValue: adapter }],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  test('a request for each operation reaches its own method, after the guard', async () => {
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    for (const { method, path } of table)
      expect(
        (await request(port, { method, path: `/base${path.replaceAll(/:\w+/g, 'some-id')}` })).status,
      ).toBeLessThan(300);
    expect(ran).toEqual(table.map(({ id }) => [id, true]));
  });
});
