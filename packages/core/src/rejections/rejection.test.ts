import { CUT_BYTES, KEPT_BYTES, RejectionThrottle } from './rejection';

const MiB = 1024 * 1024;

/** Returns how much is stored of each of `count` equal bodies that arrive at the same moment. */
function keptOf(throttle: RejectionThrottle, endpoint: string, size: number, count: number): (number | null)[] {
  return Array.from({ length: count }, () => throttle.admits(endpoint, size, 0));
}

const sum = (kept: (number | null)[]): number => kept.reduce<number>((total, bytes) => total + (bytes ?? 0), 0);

test('twenty rejections of an endpoint are stored whole within ten seconds', () => {
  const throttle = new RejectionThrottle();
  expect(keptOf(throttle, 'a', 1_000, 21)).toEqual([...Array<number>(20).fill(1_000), null]);
  expect(throttle.admits('b', 1_000, 0)).toBe(1_000);
  expect([throttle.admits('a', 1_000, 10_000), throttle.admits('a', 1_000, 10_001)]).toEqual([null, 1_000]);
});

test('a body larger than the limit is cut, and a small one never is', () => {
  const throttle = new RejectionThrottle();
  expect(throttle.admits('a', KEPT_BYTES, 0)).toBe(KEPT_BYTES);
  expect(throttle.admits('a', KEPT_BYTES + 1, 0)).toBe(CUT_BYTES);
  expect(throttle.admits('a', 0, 0)).toBe(0);
});

test.each([1, 3, 16, 17, 64])(
  'a flood of bodies of %i MiB stores a limited amount, for one endpoint and for many',
  (size) => {
    const throttle = new RejectionThrottle();
    expect(sum(keptOf(throttle, 'a', size * MiB, 1_000))).toBeLessThanOrEqual(48 * MiB + 20 * CUT_BYTES);
    const more = Array.from({ length: 200 }, (_, n) => sum(keptOf(throttle, `b-${n}`, size * MiB, 20)));
    expect(sum(more)).toBeLessThanOrEqual(96 * MiB + 200 * 20 * CUT_BYTES);
    // Small bodies of other endpoints are still stored whole.
    expect(throttle.admits('quiet', 10_000, 0)).toBe(10_000);
  },
);

test('in a flood only a few bodies are explained before they are cut', () => {
  const throttle = new RejectionThrottle();
  throttle.admits('a', 64 * MiB, 0);
  expect(Array.from({ length: 7 }, () => throttle.admitsExplanation())).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  throttle.admits('a', 64 * MiB, 10_001);
  expect(throttle.admitsExplanation()).toBe(true);
});
