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

test('the options of delivery have these defaults and can be set', () => {
  expect(resolveOptions(required)).toMatchObject({
    maxInFlight: 512,
    pauseFailingAfterMs: 432_000_000,
    allowedPorts: [],
    transport: 'sockets',
  });
  const axios = { request: () => Promise.resolve() };
  const given = { allowedPorts: [6379], transport: { axios } };
  expect(resolveOptions({ ...required, ...given, pauseFailingAfter: null })).toMatchObject({
    ...given,
    pauseFailingAfterMs: null,
  });
});

test('all mistakes are reported at once by name', () => {
  expect(
    problems({
      maxInFlight: 0,
      pauseFailingAfter: 1,
      allowedPorts: [0],
      transport: { axios: {} },
      nonsense: 1,
    }).sort(),
  ).toEqual(['allowedPorts', 'maxInFlight', 'nonsense', 'pauseFailingAfter', 'transport']);
  expect(problems({ nat64Prefixes: ['64:ff9b:1::/48', '64:ff9b:1::/49'] })).toEqual(['nat64Prefixes']);
  expect(
    problems({ egressProxy: 'http://u:s3cret@proxy/path', egressProxyTarget: 'ip', certificateAuthorities: 'none' }),
  ).toEqual(['egressProxy', 'egressProxyTarget', 'certificateAuthorities']);
  expect(problems({ nat64Prefixes: '64:ff9b:1::/48' })).toEqual(['nat64Prefixes']);
  expect(problems({ allowedPorts: '22', transport: 'fetch' })).toEqual(['allowedPorts', 'transport']);
});

test('webhook URLs have default rate limits above what a process can store, and each can be changed or removed', () => {
  expect(resolveOptions(required)).toMatchObject({
    captureRateLimit: { perSecond: 20_000, burst: 200_000 },
    captureRateLimitPerUser: { perSecond: 40_000, burst: 400_000 },
  });
  const given = { captureRateLimit: { perSecond: 1_000, burst: 10_000 }, captureRateLimitPerUser: null };
  expect(resolveOptions({ ...required, ...given })).toMatchObject(given);
  for (const wrong of [{ perSecond: 0, burst: 1 }, { perSecond: 1, burst: 0 }, { perSecond: 1, burst: 1.5 }, {}])
    expect(problems({ captureRateLimit: wrong, captureRateLimitPerUser: wrong })).toEqual([
      'captureRateLimit',
      'captureRateLimitPerUser',
    ]);
});

test('by default only unverified events have a quota; each quota is at least a MiB, or null', () => {
  expect(resolveOptions(required)).toMatchObject({
    storageQuotaUnverified: 10 * 1024 ** 3,
    storageQuotaPerEndpoint: null,
    storageQuotaPerUser: null,
  });
  const given = { storageQuotaUnverified: null, storageQuotaPerEndpoint: 1_048_576, storageQuotaPerUser: 2 ** 50 };
  expect(resolveOptions({ ...required, ...given })).toMatchObject(given);
  for (const wrong of [0, -1, 1_048_575, 1_048_576.5, Number.NaN, Infinity, '1GiB', {}])
    expect(
      problems({ storageQuotaUnverified: wrong, storageQuotaPerEndpoint: wrong, storageQuotaPerUser: wrong }).sort(),
    ).toEqual(['storageQuotaPerEndpoint', 'storageQuotaPerUser', 'storageQuotaUnverified']);
});

test('durations are milliseconds, or a number and a unit, within the range of each option', () => {
  const given = { retention: '30d', dedupWindow: '1h', stopGrace: 1_500, pauseFailingAfter: '2w' } as const;
  expect(resolveOptions({ ...required, ...given })).toMatchObject({
    retentionMs: 30 * 86_400_000,
    dedupWindowMs: 3_600_000,
    stopGraceMs: 1_500,
    pauseFailingAfterMs: 14 * 86_400_000,
  });
  expect(resolveOptions({ ...required, retention: null })).toMatchObject({
    retentionMs: null,
    dedupWindowMs: 259_200_000,
  });
  for (const wrong of ['30', '59m', '-1d', Number.NaN, {}, 1.5])
    expect(problems({ retention: wrong })).toEqual(['retention']);
  expect(problems({ dedupWindow: '31d', stopGrace: '11m', pauseFailingAfter: '30s' })).toEqual([
    'pauseFailingAfter',
    'dedupWindow',
    'stopGrace',
  ]);
  expect(() => resolveOptions({ ...required, dedupWindow: '31d' })).toThrow(
    'dedupWindow must be 1m to 30d: milliseconds, or a number and a unit such as 500ms, 30s, 15m, 12h, 5d or 2w.',
  );
});
