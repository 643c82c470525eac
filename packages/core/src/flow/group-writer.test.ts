import { setTimeout as sleep } from 'node:timers/promises';
import { GroupWriter, type GroupWork, type StatementFailure } from './group-writer';

class Failed extends Error {
  constructor(readonly failure: StatementFailure) {
    super(failure);
  }
}

interface Statement {
  group: number[];
  done(): void;
  fail(failure: StatementFailure): void;
}

/** Starts a writer of numbers whose statements end when the test says so. */
function start(more: Partial<GroupWork<number, string>> = {}) {
  const waiting: number[] = [];
  const statements: Statement[] = [];
  const seen: string[] = [];
  const note = (what: string, group: number[]): void => void seen.push(`${what} ${group.join(' ')}`);
  const writer = new GroupWriter<number, string>({
    backlog: {
      get length() {
        return waiting.length;
      },
      take: (maxLength) => waiting.splice(0, maxLength),
    },
    largest: { length: 64, bytes: Number.POSITIVE_INFINITY },
    retries: 2,
    loadOf: ({ length }) => ({ length, bytes: 0 }),
    failureOf: (error) => (error as Failed).failure,
    write: (group) =>
      new Promise((done, fail) => {
        statements.push({ group, done: () => done('ok'), fail: (failure) => fail(new Failed(failure)) });
      }),
    written: (group, result) => {
      note(result, group);
      return undefined;
    },
    refused: (item) => {
      note('refused', [item]);
      return null;
    },
    failed: (group) => note('failed', group),
    ...more,
  });
  const push = (...items: number[]): void => {
    for (const item of items) {
      waiting.push(item);
      writer.pump();
    }
  };
  /** Ends the oldest statement that has not ended. */
  const end = async (failure?: StatementFailure): Promise<void> => {
    const statement = statements.shift() as Statement;
    if (failure === undefined) statement.done();
    else statement.fail(failure);
    await sleep(0);
  };
  const running = (): string[] => statements.map(({ group }) => group.join(' '));
  return { writer, waiting, push, end, running, seen };
}

const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

test('the first item is written at once, and the next statement takes what came while it ran', async () => {
  const { push, end, running, seen } = start();
  push(1, 2, 3);
  expect(running()).toEqual(['1']);
  await end();
  expect(running()).toEqual(['2 3']);
  await end();
  expect([running(), seen]).toEqual([[], ['ok 1', 'ok 2 3']]);
});

test('a second statement runs once sixteen items wait, and there is never a third', async () => {
  const { writer, push, end, running } = start();
  push(0, ...upTo(15));
  expect(running()).toEqual(['0']);
  push(16);
  expect(running()).toEqual(['0', upTo(16).join(' ')]);
  push(...upTo(20, 100));
  expect([running().length, writer.underWay.size]).toEqual([2, 2]);
  await end();
  expect(running()).toEqual([upTo(16).join(' '), upTo(20, 100).join(' ')]);
});

test('the writer waits for `written` to finish before it takes the next group', async () => {
  let finish = (): void => undefined;
  const { push, end, running } = start({ written: () => new Promise((done) => (finish = done)) });
  push(1, 2);
  await end();
  expect(running()).toEqual([]);
  finish();
  await sleep(0);
  expect(running()).toEqual(['2']);
});

test('a group that meets a conflict is written again, and fails after the last retry', async () => {
  const { push, end, running, seen } = start();
  push(1);
  await end('conflict');
  await end('conflict');
  expect([running(), seen]).toEqual([['1'], []]);
  await end('conflict');
  expect([running(), seen]).toEqual([[], ['failed 1']]);
});

test('an item that the database refuses is found by halving, and the others are written', async () => {
  const { waiting, writer, end, running, seen } = start();
  waiting.push(1, 2, 3, 4);
  writer.pump();
  await end('bad_data');
  expect(running()).toEqual(['1 2']);
  await end();
  expect(running()).toEqual(['3 4']);
  await end('bad_data');
  await end('bad_data');
  await end();
  expect([running(), seen]).toEqual([[], ['ok 1 2', 'refused 3', 'ok 4']]);
});

test('an item that `refused` returns is written in place of the refused one', async () => {
  const { push, end, running, seen } = start({ refused: (item) => (item < 10 ? item * 10 : null) });
  push(1);
  await end('bad_data');
  expect(running()).toEqual(['10']);
  await end();
  expect(seen).toEqual(['ok 10']);
});

test('a failed group does not stop the writer, and the halves of a divided group fail separately', async () => {
  const { waiting, writer, end, running, seen } = start();
  waiting.push(1, 2);
  writer.pump();
  await end('bad_data');
  await end('unavailable');
  await end('other');
  expect(seen).toEqual(['failed 1', 'failed 2']);
  waiting.push(3);
  writer.pump();
  expect(running()).toEqual(['3']);
});

test('only a timeout makes groups smaller', async () => {
  for (const [failure, length] of [
    ['timeout', 32],
    ['unavailable', 64],
  ] as const) {
    const { waiting, writer, end, running } = start();
    waiting.push(...upTo(200));
    writer.pump();
    expect(writer.capacityWithin(0)).toBe(2);
    await end(failure);
    // The first of the two was taken before.
    expect(running()[1]?.split(' ')).toHaveLength(length);
    expect(writer.capacityWithin(0)).toBe((2 * length) / 64);
  }
});

test('a paused writer takes nothing and goes on by itself, but not after a stop', async () => {
  const { writer, push, end, running } = start({ failed: () => writer.pauseFor(50) });
  push(1, 2);
  await end('unavailable');
  push(3);
  expect(running()).toEqual([]);
  await sleep(70);
  expect(running()).toEqual(['2 3']);
  await end('unavailable');
  push(4);
  writer.stop();
  await sleep(70);
  expect(running()).toEqual([]);
});

test('the writer is idle when nothing waits and no statement runs', async () => {
  const { writer, push, end } = start();
  await writer.whenIdle();
  push(1, 2);
  let isIdle = false;
  void writer.whenIdle().then(() => (isIdle = true));
  await end();
  expect(isIdle).toBe(false);
  await end();
  expect(isIdle).toBe(true);
});
