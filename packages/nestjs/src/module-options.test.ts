import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PaggioError } from '@paggio/core';
import { testMasterKey } from '@paggio/core/testing';
import { extraShapes } from './paggio.options';
import {
  OnWebhook,
  Paggio,
  PaggioModule,
  type PaggioModuleAsyncOptions,
  type PaggioModuleOptions,
  type PaggioOptions,
  type PaggioOptionsFactory,
} from './index';

const runtime: PaggioOptions = { database: { url: 'postgres://nobody@localhost/x' }, masterKey: testMasterKey };

test.each(Object.keys(extraShapes))(
  'the module refuses a wrong value of %s by its name, as soon as it is defined',
  (name) => {
    const refusal = expect.objectContaining({
      name: 'PaggioError',
      code: 'VALIDATION_FAILED',
      details: [expect.objectContaining({ field: expect.stringMatching(new RegExp(`^(options\\.)?${name}$`)) })],
    });
    const wrong = { [name]: Symbol('wrong') } as never as object;
    expect(() => PaggioModule.forRoot({ ...runtime, ...wrong })).toThrow(refusal);
    expect(() => PaggioModule.forRootAsync({ useFactory: () => runtime, ...wrong })).toThrow(refusal);
  },
);

test('the module and the decorator refuse unknown options, and options that are not an object', () => {
  const refusal = expect.objectContaining({ name: 'PaggioError', code: 'VALIDATION_FAILED' });
  for (const nothing of [undefined, null, 7] as never[]) {
    expect(() => PaggioModule.forRoot(nothing)).toThrow(refusal);
    expect(() => PaggioModule.forRootAsync(nothing)).toThrow(refusal);
  }
  expect(() => PaggioModule.forRootAsync({ useFactory: () => runtime, dashbord: true } as never)).toThrow(
    expect.objectContaining({ hint: 'There is no option "dashbord". Did you mean "dashboard"?' }),
  );
  expect(() => OnWebhook('github', 'push', null as never)).toThrow(refusal);
  expect(() => OnWebhook('github', 'push', { instance: 7 } as never)).toThrow(refusal);
});

/** Every option of the module, with a valid value. It does not compile if one is missing. */
const extras: Required<Omit<PaggioModuleOptions, keyof PaggioOptions>> = {
  name: 'default',
  path: '/hooks',
  isGlobal: true,
  guards: [],
  health: true,
  openapi: true,
  metrics: true,
  dashboard: false,
  dialects: [],
  exclusive: true,
  onFault: () => undefined,
  resolveUser: () => null,
  allow: () => true,
  allowedHosts: [],
};

@Injectable()
class Settings implements PaggioOptionsFactory {
  async create(): Promise<PaggioOptions> {
    return { ...runtime, publicUrl: 'https://hooks.example.com' };
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** The Paggio of an app that imports the module. Nothing is started. */
async function paggioOf(module: ReturnType<typeof PaggioModule.forRoot>): Promise<Paggio> {
  return (await Test.createTestingModule({ imports: [module] }).compile()).get(Paggio, { strict: false });
}

test('no option of the module reaches the options of Paggio, which would refuse it', async () => {
  expect(Object.keys(extras).sort()).toEqual(Object.keys(extraShapes).sort());
  const paggio = await paggioOf(PaggioModule.forRoot({ ...runtime, publicUrl: 'https://a.example.com', ...extras }));
  expect(paggio.host.options.publicUrl).toBe('https://a.example.com');
});

test.each<[string, PaggioModuleAsyncOptions]>([
  ['useFactory', { imports: [SettingsModule], inject: [Settings], useFactory: (one: Settings) => one.create() }],
  ['useClass', { useClass: Settings }],
  ['useExisting', { imports: [SettingsModule], useExisting: Settings }],
])('forRootAsync takes the options of Paggio from %s, and its own next to it', async (_, source) => {
  const paggio = await paggioOf(PaggioModule.forRootAsync({ ...source, ...extras }));
  expect(paggio.host.options.publicUrl).toBe('https://hooks.example.com');
});

test('unknown options of Paggio stop the start and are named', async () => {
  const start = paggioOf(PaggioModule.forRootAsync({ useFactory: () => ({ ...runtime, bodyLimt: 1 }) }));
  await expect(start).rejects.toThrow(PaggioError);
  await expect(start).rejects.toMatchObject({ details: [{ field: 'bodyLimt' }] });
});

test('an option of the module that the factory returns stops the start, because guards would be missing', async () => {
  const useFactory = (): PaggioOptions => ({ ...runtime, guards: [], path: '/hooks' }) as PaggioOptions;
  await expect(paggioOf(PaggioModule.forRootAsync({ useFactory }))).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    details: [{ field: 'guards' }, { field: 'path' }],
    hint: expect.stringContaining('forRootAsync({ guards, useFactory })'),
  });
});
