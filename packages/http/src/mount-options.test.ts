import { createPaggio } from '@paggio/core';
import { testMasterKey } from '@paggio/core/testing';
import { createFetchHandler, createNodeHandler, mountOptions } from './index';

const paggio = createPaggio({ database: { url: 'postgres://nobody@localhost/x' }, masterKey: testMasterKey });

test.each([
  ['createNodeHandler', createNodeHandler],
  ['createFetchHandler', createFetchHandler],
])('%s refuses an unknown option and suggests the right name', (_name, create) => {
  const make = (options: object) => () => create(paggio, options as never);
  expect(make({ dashbord: true, healthy: true })).toThrow(
    expect.objectContaining({
      code: 'VALIDATION_FAILED',
      details: [
        { field: 'dashbord', message: 'There is no option "dashbord". Did you mean "dashboard"?' },
        { field: 'healthy', message: expect.stringContaining('There is no option "healthy".') },
      ],
    }),
  );
  expect(make(null as never)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
  expect(make({ dashboard: true, path: '/hooks', health: undefined })).not.toThrow();
});

test.each([
  ['createNodeHandler', createNodeHandler],
  ['createFetchHandler', createFetchHandler],
])('%s refuses each option of the wrong type by name, and a missing Paggio', (_name, create) => {
  for (const field of Object.keys(mountOptions)) {
    expect(() => create(paggio, { [field]: Symbol('wrong') })).toThrow(
      expect.objectContaining({
        name: 'PaggioError',
        code: 'VALIDATION_FAILED',
        details: [{ field, message: expect.stringContaining(`${field} must be`) }],
      }),
    );
  }
  expect(() => create(paggio, { dialects: ['bagz'] } as never)).toThrow(/dialects\[0\]/);
  for (const nothing of [undefined, null, {}]) expect(() => create(nothing as never)).toThrow(/paggio/);
});

test('a missing environment variable is named', () => {
  const make = () => createPaggio({ database: { url: undefined as unknown as string }, masterKey: testMasterKey });
  expect(make).toThrow(/database\.url is undefined: is the environment variable set\?/);
  expect(() => createPaggio({ database: { url: 'postgres://u@h/x' }, masterkey: 1 } as never)).toThrow(
    /There is no option "masterkey"\. Did you mean "masterKey"\?/,
  );
});
