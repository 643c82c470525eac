import { RateLimiter } from './rate-limiter';

test('each name may take a burst at once, and then the rate', () => {
  let now = 0;
  const limiter = new RateLimiter({ perSecond: 10, burst: 5 }, () => now);
  const taken = (name: string, times: number): boolean[] =>
    Array.from({ length: times }, () => limiter.take(name).allowed);
  expect(taken('a', 6)).toEqual([true, true, true, true, true, false]);
  expect(taken('b', 1)).toEqual([true]);
  now = 100;
  expect(taken('a', 2)).toEqual([true, false]);
  now = 10_000;
  expect(taken('a', 6)).toEqual([true, true, true, true, true, false]);
});

test('the verdict says how much is left and when to try again', () => {
  const limiter = new RateLimiter({ perSecond: 0.5, burst: 2 }, () => 0);
  expect(limiter.take('a')).toMatchObject({ allowed: true, limit: 2, remaining: 1, retryAfterSeconds: 0 });
  limiter.take('a');
  const refused = limiter.take('a');
  expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfterSeconds: 2 });
  expect(refused.resetAt).toBeGreaterThanOrEqual(Math.floor(Date.now() / 1000) + 4);
});

test('a token that is given back can be taken again, but never beyond the burst', () => {
  let now = 0;
  const limiter = new RateLimiter({ perSecond: 1, burst: 2 }, () => now);
  limiter.take('a');
  limiter.take('a');
  expect(limiter.take('a').allowed).toBe(false);
  limiter.giveBack('a');
  expect([limiter.take('a').allowed, limiter.take('a').allowed]).toEqual([true, false]);
  now = 10_000;
  for (let n = 0; n < 5; n++) limiter.giveBack('a');
  expect([limiter.take('a'), limiter.take('a'), limiter.take('a')].map(({ allowed }) => allowed)).toEqual([
    true,
    true,
    false,
  ]);
  limiter.giveBack('never seen');
  expect(limiter.take('never seen').remaining).toBe(1);
});

test('many other names do not reset a name that is in use', () => {
  const limiter = new RateLimiter({ perSecond: 0.001, burst: 1 }, () => 0, 100);
  expect(limiter.take('busy').allowed).toBe(true);
  for (let n = 0; n < 1_000; n++) {
    limiter.take(`other ${n}`);
    if (n % 50 === 0) expect(limiter.take('busy').allowed).toBe(false);
  }
});

test('looking at a limit takes nothing from it', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 }, () => 0);
  expect([limiter.look('a').allowed, limiter.look('a').allowed, limiter.spend('a')]).toEqual([true, true, true]);
  expect(limiter.look('a')).toMatchObject({ allowed: false, remaining: 0, retryAfterSeconds: 1 });
});
