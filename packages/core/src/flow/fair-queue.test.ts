import fc from 'fast-check';
import { FairQueue, type Queued } from './fair-queue';

interface Item extends Queued {
  name: string;
}

const KB = 1024;

function filled(lines: Record<string, { count: number; size: number }>): FairQueue<Item> {
  const queue = new FairQueue<Item>();
  for (const [name, { count, size }] of Object.entries(lines)) {
    const [user = '', endpoint = ''] = name.split('/');
    for (let n = 0; n < count; n++) queue.push(user, endpoint, { name, size, since: n });
  }
  return queue;
}

function served(items: readonly Item[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name } of items) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

test('a user who arrives after ten thousand events of another is in the next group [LOA-08]', () => {
  const queue = filled({ 'noisy/a': { count: 10_000, size: 2 * KB } });
  queue.take(500, 8 * KB * KB);
  queue.push('quiet', 'b', { name: 'quiet/b', size: 2 * KB, since: 0 });
  expect(served(queue.take(500, 8 * KB * KB))).toEqual({ 'noisy/a': 499, 'quiet/b': 1 });
});

test('users get equal shares of bytes, whatever the number of their endpoints and the size of their events', () => {
  const queue = filled({
    'one/a': { count: 3_000, size: KB },
    'one/b': { count: 3_000, size: KB },
    'two/c': { count: 1_000, size: 10 * KB },
  });
  const counts = served(queue.take(Number.POSITIVE_INFINITY, 4_000 * KB));
  expect(counts['two/c']).toBeGreaterThan(195);
  expect(counts['two/c']).toBeLessThan(205);
  expect(Math.abs((counts['one/a'] ?? 0) - (counts['one/b'] ?? 0))).toBeLessThan(40);
  expect((counts['one/a'] ?? 0) + (counts['one/b'] ?? 0)).toBeGreaterThan(1_950);
});

test('a user who was alone for long owes nothing to users who come later', () => {
  const queue = filled({ 'first/a': { count: 5_000, size: 10 * KB } });
  queue.take(4_000, Number.POSITIVE_INFINITY);
  for (let n = 0; n < 1_000; n++) queue.push('later', 'b', { name: 'later/b', size: 10 * KB, since: 0 });
  const counts = served(queue.take(200, Number.POSITIVE_INFINITY));
  expect(Math.abs((counts['first/a'] ?? 0) - (counts['later/b'] ?? 0))).toBeLessThan(6);
});

test('a group is no larger than requested, unless its first item alone is', () => {
  const queue = filled({ 'a/a': { count: 3, size: 100 * KB } });
  expect(queue.take(10, 250 * KB)).toHaveLength(2);
  expect(queue.take(10, 1)).toHaveLength(1);
  expect(queue.take(10, 1)).toEqual([]);
});

test('after any sequence of steps nothing is lost, counted wrongly, or served out of order', () => {
  const name = fc.constantFrom('u/a', 'u/b', 'v/a', 'w/c');
  const command = fc.oneof(
    fc.record({ push: name, size: fc.integer({ min: 1, max: 100 * KB }) }),
    fc.record({ take: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 500 * KB }) }),
    fc.record({ removeOlderThan: fc.integer({ min: 1, max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const queue = new FairQueue<Item>();
      const waiting: Item[] = [];
      let now = 0;
      const gone = (items: readonly Item[]): void => {
        for (const item of items) {
          const first = waiting.findIndex((one) => one.name === item.name);
          if (waiting[first] !== item) throw new Error(`${item.name} of ${item.since} was not the next`);
          waiting.splice(first, 1);
        }
      };
      for (const step of commands) {
        now++;
        if ('push' in step) {
          const item = { name: step.push, size: step.size, since: now };
          const [user = '', endpoint = ''] = step.push.split('/');
          queue.push(user, endpoint, item);
          waiting.push(item);
        } else if ('take' in step) {
          const taken = queue.take(step.take, step.bytes);
          expect(taken.length).toBe(Math.min(taken.length, step.take));
          expect(taken.length > 0).toBe(waiting.length > 0);
          gone(taken);
        } else {
          const before = now - step.removeOlderThan;
          gone(queue.removeBefore(before));
          expect(waiting.filter(({ since }) => since < before)).toEqual([]);
        }
        const lines = ['u/a', 'u/b', 'v/a', 'w/c'].flatMap((one) => {
          const [user = '', endpoint = ''] = one.split('/');
          const line = queue.ofEndpoint(user, endpoint);
          const own = waiting.filter((item) => item.name === one);
          const isRight = (line?.length ?? 0) === own.length && line?.since === own[0]?.since;
          return isRight ? [] : [{ one, line: { ...line }, own }];
        });
        const bytes = waiting.reduce((sum, one) => sum + one.size, 0);
        // One call, because thousands of calls would take most of the time.
        expect([queue.length, queue.bytes, lines]).toEqual([waiting.length, bytes, []]);
      }
    }),
    { numRuns: process.env['PAGGIO_FULL'] ? 1_000 : 50 },
  );
});
