import { GroupSize } from './group-size';

const MAX = 500;
const TIMEOUT_MS = 8_000;

/** Statements one after the other, while more wait than they take. @returns the sizes of the groups */
function run(statements: number, tookMs: (size: number, n: number) => number): number[] {
  const groupSize = new GroupSize(MAX);
  const sizes: number[] = [];
  let now = 0;
  for (let n = 0; n < statements; n++) {
    const size = groupSize.limit;
    const ms = tookMs(size, n);
    now += Math.min(ms, TIMEOUT_MS);
    sizes.push(size);
    if (ms > TIMEOUT_MS) groupSize.failed(size);
    else groupSize.passed(size, ms, now);
  }
  return sizes;
}

test('over a narrow network groups become so small that nobody waits long behind one', () => {
  // 1.5 kB each at 150 kB/s: 500 of them would take 5 s.
  const sizes = run(40, (size) => 5 + size * 10);
  for (const size of sizes.slice(4)) expect(size * 10).toBeLessThan(1_300);
});

test('a group that never passes in time is halved until it does', () => {
  const sizes = run(20, (size) => size * 100);
  expect(Math.max(...sizes.slice(5))).toBeLessThan(16);
});

test('where each statement takes long whatever its size, groups stay large', () => {
  const sizes = run(100, () => 2_000);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  expect(mean).toBeGreaterThan(MAX * 0.95);
});

test('once it is fast again, groups are large again', () => {
  const sizes = run(60, (size, n) => (n < 30 ? size * 10 : size / 50));
  expect(sizes.at(-1)).toBe(MAX);
});
