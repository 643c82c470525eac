import fc from 'fast-check';
import { retryAfterMs } from '../transport/retry-after';
import { defaultRetryPolicy, maxAttempts, parseRetryPolicy, retryDelayMs } from './retry-policy';

const policies = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 100 }),
  baseSeconds: fc.integer({ min: 1, max: 86_400 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capSeconds: fc.integer({ min: 1, max: 604_800 }),
  floorSeconds: fc.integer({ min: 0, max: 3600 }),
});

test('a wait is never below the floor or above the bound [DEL-10]', () => {
  fc.assert(
    fc.property(
      policies,
      fc.integer({ min: 1, max: 99 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (policy, failed, random) => {
        const bound = Math.min(policy.capSeconds, policy.baseSeconds * policy.factor ** (failed - 1)) * 1000;
        const delay = retryDelayMs(policy, failed, () => random);
        return delay <= Math.ceil(bound) && delay >= Math.min(policy.floorSeconds * 1000, Math.floor(bound));
      },
    ),
  );
});

test('the default makes twelve attempts over about three days', () => {
  const waits = Array.from({ length: 11 }, (_, n) => retryDelayMs(defaultRetryPolicy, n + 1, () => 1));
  const longestDays = waits.reduce((sum, wait) => sum + wait, 0) / 86_400_000;
  expect(longestDays).toBeGreaterThan(1.5);
  expect(longestDays).toBeLessThan(3.5);
});

test('events that fail together are not retried together [DEL-11]', () => {
  const buckets = new Map<number, number>();
  for (let i = 0; i < 10_000; i++) {
    const second = Math.floor(retryDelayMs({ ...defaultRetryPolicy, baseSeconds: 30 }, 1) / 1000);
    buckets.set(second, (buckets.get(second) ?? 0) + 1);
  }
  expect(Math.max(...buckets.values())).toBeLessThan(500);
});

test('a schedule is used exactly as given', () => {
  const policy = parseRetryPolicy({ scheduleSeconds: [1, 60] });
  if (Array.isArray(policy)) throw new Error('refused');
  expect([maxAttempts(policy), retryDelayMs(policy, 1), retryDelayMs(policy, 2)]).toEqual([3, 1000, 60_000]);
});

test('Retry-After is read as seconds or a date and limited to a day; any other value is ignored [DEL-04]', () => {
  const now = Date.UTC(2026, 0, 1);
  const cases: [string | undefined, number][] = [
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:02:00 GMT', 120_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['-5', 0],
    ['99999999', 86_400_000],
    ['abc', 0],
    ['1e9', 0],
    ['', 0],
    [undefined, 0],
    ['12.5', 0],
  ];
  for (const [value, expected] of cases) expect([value, retryAfterMs(value, now)]).toEqual([value, expected]);
});
