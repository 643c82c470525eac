import { Settler } from './settler';
import type { AttemptResult, SettleReport } from './work';

const nothing: SettleReport = { destinations: [], followers: [] };

/** A settler whose statements end when the test says so, and the sizes of its groups. */
function start(gatherMs: number, settleAgainMs = 1) {
  const groups: number[] = [];
  const ends: ((failed?: Error) => void)[] = [];
  const commit = (results: AttemptResult[]): Promise<SettleReport> =>
    new Promise((done, fail) => {
      groups.push(results.length);
      ends.push((failed) => (failed ? fail(failed) : done(nothing)));
      wrote?.();
    });
  let wrote: (() => void) | undefined;
  const settler = new Settler(
    { commit },
    () => undefined,
    () => undefined,
    { gatherMs, settleAgainMs },
  );
  const push = (count: number, isUrgent = false): void => {
    for (let n = 0; n < count; n++) settler.push({ isUrgent } as AttemptResult);
  };
  return {
    groups,
    settler,
    push,
    /** Ends the oldest statement. */
    end: (failed?: Error) => ends.shift()?.(failed),
    /** Resolves when the next statement begins. */
    next: () => new Promise<void>((done) => (wrote = done)),
  };
}

/** So long that a test would time out if it waited for it. */
const NEVER_MS = 1_000_000;

test('results that come one after another share a statement', async () => {
  const { groups, push, next, end, settler } = start(20);
  const began = next();
  push(1);
  await new Promise((done) => setImmediate(done));
  push(2);
  expect(groups).toEqual([]);
  await began;
  expect(groups).toEqual([3]);
  end();
  await settler.flush(1_000);
});

test('a hundred results, an urgent one, or a stop do not wait', async () => {
  const { groups, push, end, settler } = start(NEVER_MS);
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
  push(1);
  push(1, true);
  expect(groups).toEqual([2]);
  end();
  await turn();
  push(120);
  // On a busy machine a few milliseconds pass meanwhile, and then fewer are enough.
  const [, first = 0] = groups;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(100);
  const flushed = settler.flush(1_000);
  end();
  await turn();
  expect(groups).toEqual([2, first, 120 - first]);
  end();
  await flushed;
  expect(settler.depth).toBe(0);
});

test('results that come while a statement runs are written after it, however few they are', async () => {
  const { groups, push, next, end, settler } = start(20);
  push(1, true);
  push(3);
  await new Promise((done) => setTimeout(done, 30));
  expect(groups).toEqual([1]);
  const began = next();
  end();
  await began;
  expect(groups).toEqual([1, 3]);
  end();
  await settler.flush(1_000);
});

test('results that a full group leaves behind are written without another push', async () => {
  const { groups, push, next, end, settler } = start(20, 30);
  push(1);
  push(1, true);
  push(150 + 520);
  const full = next();
  end(new Error('no database'));
  await full;
  expect(groups).toEqual([2, 150, 500]);
  const last = next();
  end();
  end();
  await last;
  expect(groups).toEqual([2, 150, 500, 22]);
  end();
  await settler.flush(1_000);
});

test('results that could not be written are written again, with those that have come since', async () => {
  const { groups, push, next, end, settler } = start(20);
  push(1);
  push(1, true);
  const began = next();
  end(new Error('no database'));
  push(1);
  await began;
  expect(groups).toEqual([2, 3]);
  end();
  await settler.flush(1_000);
  expect(settler.isStuck).toBe(false);
});
