import { GroupSize } from './group-size';

const MAX = 500;
const LARGEST = { length: MAX, bytes: 8_000_000 };
const TIMEOUT_MS = 8_000;

/** Statements one after the other, while more wait than they take. @returns the sizes of the groups, in events */
function run(
  statements: number,
  tookMs: (size: number, n: number) => number,
  bytesOfOne = 100,
  groupSize = new GroupSize(LARGEST),
): number[] {
  const sizes: number[] = [];
  let now = 0;
  for (let n = 0; n < statements; n++) {
    // As many as there is room for, and one in any case.
    const size = Math.max(1, Math.min(groupSize.maxLength, Math.floor(groupSize.maxBytes / bytesOfOne)));
    const load = { length: size, bytes: size * bytesOfOne };
    const ms = tookMs(size, n);
    now += Math.min(ms, TIMEOUT_MS);
    sizes.push(size);
    if (ms > TIMEOUT_MS) groupSize.failed(load);
    else groupSize.passed(load, true, ms, now);
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

test('groups of large bodies are made smaller too, and the rate is known [LOA-09]', () => {
  const groupSize = new GroupSize(LARGEST);
  // 1 MB each at 2.5 MB/s: eight of them take 3.2 s.
  const sizes = run(40, (size) => size * 400, 1_000_000, groupSize);
  expect(sizes[0]).toBe(8);
  for (const size of sizes.slice(4)) expect(size * 400).toBeLessThan(1_300);
  // In parts of 8 MB.
  expect(groupSize.rate * 3_200).toBeCloseTo(1);
});

test('of two statements at once, the second makes groups no smaller again [LOA-07]', () => {
  const groupSize = new GroupSize(LARGEST);
  for (let n = 0; n < 2; n++) groupSize.passed({ length: MAX, bytes: MAX * 100 }, true, 5_000, 5_000);
  expect(groupSize.maxLength).toBe(MAX / 2);
});

test('two statements at once, and small ones in between, do not make it larger twice [LOA-07]', () => {
  const groupSize = new GroupSize(LARGEST);
  // As above, two at a time, each with a small group behind it when the queue was nearly empty.
  let longest = 0;
  for (let round = 0, now = 0; round < 100; round++) {
    const size = groupSize.maxLength;
    const tookMs = size * 10;
    now += tookMs;
    for (let n = 0; n < 2; n++) groupSize.passed({ length: size, bytes: size * 100 }, true, tookMs, now);
    groupSize.passed({ length: 43, bytes: 4_300 }, false, 430, now);
    if (round >= 4) longest = Math.max(longest, tookMs);
  }
  expect(longest).toBeLessThan(1_300);
});

test('what is nearly long is seldom made larger [LOA-07]', () => {
  const sizes = run(200, (size) => size * 10);
  // Half a minute of statements of 0.6 s lies between two tries.
  expect(sizes.slice(4).filter((size) => size * 10 > 750).length).toBeLessThan(6);
});

test('one large event that takes long leaves the others the groups that they had', () => {
  const groupSize = new GroupSize(LARGEST);
  run(20, () => 4_000, 10_000_000, groupSize);
  expect(groupSize.maxLength).toBe(MAX);
});
