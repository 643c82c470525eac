import { resolveOptions } from './options';
import { testMasterKey } from './testing/master-key';

const required = { database: { url: 'postgres://localhost/x' }, masterKey: testMasterKey };

function problems(options: object): string[] {
  try {
    resolveOptions({ ...required, ...options });
    return [];
  } catch (error) {
    return (error as { details: { field: string }[] }).details.map((detail) => detail.field);
  }
}

test('what delivery may be told, and its defaults', () => {
  expect(resolveOptions(required)).toMatchObject({
    maxInFlight: 512,
    pauseFailingAfterMs: 432_000_000,
    allowedPorts: [],
    transport: 'undici',
  });
  const axios = { request: () => Promise.resolve() };
  const given = { pauseFailingAfterMs: null, allowedPorts: [6379], transport: { axios } };
  expect(resolveOptions({ ...required, ...given })).toMatchObject(given);
});

test('every mistake is named at once', () => {
  expect(
    problems({
      maxInFlight: 0,
      pauseFailingAfterMs: 1,
      allowedPorts: [0],
      transport: { axios: {} },
      nonsense: 1,
    }).sort(),
  ).toEqual(['allowedPorts', 'maxInFlight', 'nonsense', 'pauseFailingAfterMs', 'transport']);
  expect(problems({ allowedPorts: '22', transport: 'fetch' })).toEqual(['allowedPorts', 'transport']);
});
