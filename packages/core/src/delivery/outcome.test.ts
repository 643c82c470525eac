import { classify, holdMs, strainOf } from './outcome';
import {
  defaultRetryPolicy,
  describeDelay,
  parseRetryPolicy,
  retryDelayMs,
  retryPresets,
} from '../endpoints/retry-policy';
import type { TransportResult } from '../transport/transport';

const answer = (status: number | null, headers: TransportResult['headers'] = {}, code?: string): TransportResult => ({
  status,
  headers,
  body: Buffer.alloc(0),
  truncated: false,
  latencyMs: 1,
  error: code === undefined ? null : { code, message: code },
});

test('by default 2xx is delivered, 410 pauses, and every other status is retried [DEL-01 to DEL-03]', () => {
  const kinds = (status: number): string => classify(answer(status), 1, defaultRetryPolicy, 0).kind;
  for (const status of [200, 201, 202, 204, 299]) expect([status, kinds(status)]).toEqual([status, 'delivered']);
  for (const status of [300, 301, 304, 400, 401, 404, 408, 409, 422, 425, 429, 500, 503, 999])
    expect([status, kinds(status)]).toEqual([status, 'retry']);
  expect(kinds(410)).toBe('pause');
});

test('with clientErrors: fail the first 4xx ends the delivery, except those that ask to try later', () => {
  const policy = { ...defaultRetryPolicy, clientErrors: 'fail' as const };
  for (const status of [400, 401, 404, 422])
    expect(classify(answer(status), 1, policy, 0)).toMatchObject({ kind: 'give_up', statusReason: 'refused' });
  for (const status of [408, 425, 429, 500, 302]) expect(classify(answer(status), 1, policy, 0).kind).toBe('retry');
});

test('a destination may ask to drop an event [DEL-27]', () => {
  const asked = answer(500, { 'webhook-delivery': 'abort-message' });
  expect(classify(asked, 1, defaultRetryPolicy, 0)).toMatchObject({ kind: 'give_up', statusReason: 'refused' });
});

test('the reason of every scheduled attempt says in words when and why', () => {
  const policy = { ...defaultRetryPolicy, jitter: 'none' as const };
  expect(classify(answer(503), 2, policy, 0)).toMatchObject({
    delayMs: 30_000,
    nextReason: 'HTTP 503; attempt 3 of 12 after 30 s: backoff',
  });
  expect(classify(answer(429, { 'retry-after': '99' }), 1, policy, 0)).toMatchObject({
    delayMs: 99_000,
    nextReason: 'HTTP 429; attempt 2 of 12 after 99 s: the destination asked for it (Retry-After)',
  });
  expect(classify(answer(null, {}, 'connection_refused'), 1, { scheduleSeconds: [5] }, 0)).toMatchObject({
    nextReason: 'connection_refused; attempt 2 of 2 after 5.0 s: schedule',
  });
  expect(classify(answer(500), 2, { scheduleSeconds: [5] }, 0)).toMatchObject({
    kind: 'give_up',
    statusReason: 'exhausted',
  });
});

test('each result says whether it strains its destination', () => {
  for (const status of [429, 503, 504]) expect(strainOf(answer(status))).toBe('congested');
  for (const status of [408, 500, 502]) expect(strainOf(answer(status))).toBe('failing');
  for (const status of [200, 302, 400, 404, 410]) expect(strainOf(answer(status))).toBe('none');
  expect(strainOf(answer(null, {}, 'timeout'))).toBe('congested');
  expect(strainOf(answer(null, {}, 'connection_refused'))).toBe('failing');
  expect(strainOf(answer(null, {}, 'request_not_sendable'))).toBe('none');
  expect(holdMs(answer(429, { 'retry-after': '7' }), 0)).toBe(7_000);
  expect(holdMs(answer(429, { 'retry-after': '99999' }), 0)).toBe(300_000);
  expect(holdMs(answer(503, { 'retry-after': '7' }), 0)).toBe(0);
});

test('presets are written out in full, and can be changed in part', () => {
  for (const [preset, policy] of Object.entries(retryPresets)) expect(parseRetryPolicy({ preset })).toEqual(policy);
  expect(parseRetryPolicy({ preset: 'quick', maxAttempts: 2, jitter: 'equal' })).toMatchObject({
    maxAttempts: 2,
    baseSeconds: 2,
    jitter: 'equal',
  });
  expect(parseRetryPolicy({ preset: 'standard-webhooks', clientErrors: 'fail' })).toMatchObject({
    scheduleSeconds: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
    clientErrors: 'fail',
  });
  const wrong: [object, string][] = [
    [{ preset: 'nope' }, 'retry.preset'],
    [{ preset: 'constructor' }, 'retry.preset'],
    [{ preset: 'quick', scheduleSeconds: [1] }, 'retry.preset'],
    [{ scheduleSeconds: [1], maxAttempts: 3 }, 'retry.maxAttempts'],
    [{ scheduleSeconds: [] }, 'retry.scheduleSeconds'],
    [{ jitter: 'some' }, 'retry.jitter'],
    [{ clientErrors: 'ignore' }, 'retry.clientErrors'],
    [{ maxAttempts: 1.5 }, 'retry.maxAttempts'],
    [{ __proto__x: 1 }, 'retry.__proto__x'],
  ];
  for (const [input, field] of wrong) expect(parseRetryPolicy(input)).toMatchObject([{ field }]);
});

test('full jitter starts at the floor, equal jitter at the middle, and none adds nothing', () => {
  const delays = (jitter: 'full' | 'equal' | 'none'): number[] =>
    [0, 0.999999].map((random) => retryDelayMs({ ...defaultRetryPolicy, jitter }, 2, () => random));
  expect(delays('full')).toEqual([1_000, 30_000]);
  expect(delays('equal')).toEqual([15_000, 30_000]);
  expect(delays('none')).toEqual([30_000, 30_000]);
  expect(describeDelay({ ...defaultRetryPolicy, jitter: 'equal' })).toBe('backoff with equal jitter');
});
