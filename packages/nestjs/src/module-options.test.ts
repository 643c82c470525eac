import { testMasterKey } from '@paggio/core/testing';
import { mountOptions } from '@paggio/http';
import { OnWebhook, PaggioModule } from './index';

const runtime = { database: { url: 'postgres://nobody@localhost/x' }, masterKey: testMasterKey };
const extras = [...Object.keys(mountOptions), 'name', 'isGlobal', 'guards'];

test.each(extras)('the module refuses a wrong value of %s by its name, when it is defined', (name) => {
  const refusal = expect.objectContaining({
    name: 'PaggioError',
    code: 'VALIDATION_FAILED',
    details: [expect.objectContaining({ field: expect.stringMatching(new RegExp(`^(options\\.)?${name}$`)) })],
  });
  const wrong = { [name]: Symbol('wrong') } as never as object;
  expect(() => PaggioModule.forRoot({ ...runtime, ...wrong })).toThrow(refusal);
  expect(() => PaggioModule.forRootAsync({ useFactory: () => runtime, ...wrong })).toThrow(refusal);
});

test('the module and the decorator refuse options that are no object, and unknown ones', () => {
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
