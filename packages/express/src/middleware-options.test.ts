import { createPaggio } from '@paggio/core';
import { testMasterKey } from '@paggio/core/testing';
import { paggioMiddleware } from './index';

test('the middleware refuses wrong options when it is made, not at the first request', () => {
  const paggio = createPaggio({ database: { url: 'postgres://nobody@localhost/x' }, masterKey: testMasterKey });
  expect(() => paggioMiddleware(paggio, { dashbord: true } as never)).toThrow(
    expect.objectContaining({ hint: 'There is no option "dashbord". Did you mean "dashboard"?' }),
  );
  const refusal = expect.objectContaining({ name: 'PaggioError', code: 'VALIDATION_FAILED' });
  expect(() => paggioMiddleware(paggio, null as never)).toThrow(refusal);
  expect(() => paggioMiddleware(paggio, { health: 'yes' } as never)).toThrow(refusal);
  expect(() => paggioMiddleware(undefined as never)).toThrow(refusal);
});
