import { Controller, Get, Logger, Module, Post, Version, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Role } from '@paggio/core';
import { migratedDatabase, testMasterKey, type TestDatabase } from '@paggio/core/testing';
import { PaggioModule } from './index';

@Controller('events')
class EventsController {
  @Get() list(): string {
    return 'mine';
  }
  @Post('import') import(): string {
    return 'mine';
  }
  @Get(['stream', 'feed/:id']) @Version('2') stream(): string {
    return 'mine';
  }
}

@Controller({ path: ['health', 'status'], version: VERSION_NEUTRAL })
class HealthController {
  @Get() health(): string {
    return 'mine';
  }
}

let database: TestDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(() => database.drop());

/** The warnings when an app starts that has the prefix `api` and versions in its paths. */
async function warnings(settings: { path?: string; roles?: Role[] }): Promise<string[]> {
  @Module({
    imports: [PaggioModule.forRoot({ database: { url: database.url }, masterKey: testMasterKey, ...settings })],
    controllers: [EventsController, HealthController],
  })
  class AppModule {}
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const app = await NestFactory.create(AppModule, { logger: false });
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  await app.init();
  await app.close();
  const said = warn.mock.calls.map(([message]) => String(message));
  warn.mockRestore();
  return said;
}

test('routes of the app that Paggio answers instead cause a warning at the start, with what to do', async () => {
  const [warning, ...others] = await warnings({});
  expect(others).toEqual([]);
  // `/api/v1/events/:id` is a path of Paggio, and so is every path that matches it.
  expect(warning).toContain('GET /api/v1/events, POST /api/v1/events/import. ');
  expect(warning).toContain("path: '/paggio'");
});

test('there is no warning when the paths differ, or when Paggio has no API', async () => {
  expect(await warnings({ path: '/hooks' })).toEqual([]);
  expect(await warnings({ roles: ['capture', 'deliver'] })).toEqual([]);
});
