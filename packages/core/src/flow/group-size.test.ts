import { GroupSize } from './group-size';

const MAX = 500;
const LARGEST = { length: MAX, bytes: 8_000_000 };
const TIMEOUT_MS = 8_000;

/**
 * Runs statements one after another while more events wait than one takes. @returns the sizes of the groups, in events
 */
function run(
  statements: number,
  tookMs: (size: number, n: number) => number,
  bytesOfOne = 100,
  groupSize = new GroupSize(LARGEST),
): number[] {
  const sizes: number[] = [];
  let now = 0;
  for (let n = 0; n < statements; n++) {
    // As many as the limits allow, and always at least one.
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

test('over a slow network groups become small enough that nobody waits long for one', () => {
  // 1.5 kB each at 150 kB/s: 500 of them would take 5 s.
  const sizes = run(40, (size) => 5 + size * 10);
  for (const size of sizes.slice(4)) expect(size * 10).toBeLessThan(1_300);
});

test('a group that always times out is halved until it does not', () => {
  const sizes = run(20, (size) => size * 100);
  expect(Math.max(...sizes.slice(5))).toBeLessThan(16);
});

test('groups stay large when a statement takes the same time whatever its size', () => {
  const sizes = run(100, () => 2_000);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  expect(mean).toBeGreaterThan(MAX * 0.95);
});

test('groups become large again once the database is fast again', () => {
  const sizes = run(60, (size, n) => (n < 30 ? size * 10 : size / 50));
  expect(sizes.at(-1)).toBe(MAX);
});

test('groups of large bodies are made smaller too, and the rate is known [LOA-09]', () => {
  const groupSize = new GroupSize(LARGEST);
  // 1 MB each at 2.5 MB/s: eight of them take 3.2 s.
  const sizes = run(40, (size) => size * 400, 1_000_000, groupSize);
  expect(sizes[0]).toBe(8);
  for (const size of sizes.slice(4)) expect(size * 400).toBeLessThan(1_300);
  // In groups of 8 MB.
  expect(groupSize.rate * 3_200).toBeCloseTo(1);
});

test('of two slow statements at once only the first makes groups smaller [LOA-07]', () => {
  const groupSize = new GroupSize(LARGEST);
  for (let n = 0; n < 2; n++) groupSize.passed({ length: MAX, bytes: MAX * 100 }, true, 5_000, 5_000);
  expect(groupSize.maxLength).toBe(MAX / 2);
});

test('two statements at once, with small ones in between, do not enlarge groups twice [LOA-07]', () => {
  const groupSize = new GroupSize(LARGEST);
  // Like above, two at a time, each followed by a small group when the queue was nearly empty.
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

test('groups that are nearly too slow are seldom enlarged [LOA-07]', () => {
  const sizes = run(200, (size) => size * 10);
  // Half a minute of statements of 0.6 s passes between two tries.
  expect(sizes.slice(4).filter((size) => size * 10 > 750).length).toBeLessThan(6);
});

test('one large, slow event does not make the groups of other events smaller', () => {
  const groupSize = new GroupSize(LARGEST);
  run(20, () => 4_000, 10_000_000, groupSize);
  expect(groupSize.maxLength).toBe(MAX);
});
