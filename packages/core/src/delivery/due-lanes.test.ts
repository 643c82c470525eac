import { DueLanes } from './due-lanes';
import { Lanes } from './lanes';

const all = (due: DueLanes): string[] => {
  const taken: string[] = [];
  for (let id = due.take(); id !== undefined; id = due.take()) taken.push(id);
  return taken;
};

/** Names of lanes: `lane0`, `lane1` and so on. */
const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `lane${n}`);

function dueLanes(...named: string[]): DueLanes {
  const due = new DueLanes();
  for (const id of named) due.name(id);
  return due;
}

test('lanes are taken in the order in which they were named, and one that is named twice keeps its place', () => {
  const due = dueLanes('a', 'b', 'c', 'a');
  expect(due.take()).toBe('a');
  due.name('a');
  expect(all(due)).toEqual(['b', 'c', 'a']);
  expect(due.isEmpty).toBe(true);
});

test('a look that is asked for during a look needs another one', () => {
  const due = new DueLanes();
  expect([due.isEmpty, due.beginLook()]).toEqual([true, false]);
  due.askForLook();
  expect([due.isEmpty, due.beginLook(), due.isEmpty]).toEqual([false, true, true]);
  due.askForLook();
  due.nameAll([]);
  expect([due.isEmpty, due.beginLook(), due.beginLook()]).toEqual([false, true, false]);
});

test('a look names lanes from a random one on, behind those that wait already', () => {
  const first = new Set<string>();
  for (let n = 0; n < 200; n++) {
    const due = dueLanes('lane2');
    due.nameAll(ids(4));
    const [waiting, ...found] = all(due);
    expect([waiting, [...found].sort()]).toEqual(['lane2', ['lane0', 'lane1', 'lane3']]);
    first.add(found[0] as string);
  }
  expect([...first].sort()).toEqual(['lane0', 'lane1', 'lane3']);
});

test('a lane that got nothing from a full claim comes before the others, once', () => {
  const due = dueLanes(...ids(5));
  expect([due.take(), due.take(), due.take()]).toEqual(ids(3));
  // Named during the claim.
  due.name('lane2');
  due.passOver('lane1');
  due.passOver('lane2');
  due.name('lane0');
  due.name('lane1');
  expect(all(due)).toEqual(['lane1', 'lane2', 'lane3', 'lane4', 'lane0']);
  due.passOver('lane1');
  expect(due.isEmpty).toBe(false);
});

test('a lane that is kept back is taken only after it was readmitted or named', () => {
  const due = dueLanes('a', 'b');
  for (const id of all(due)) due.keepBack(id);
  expect(due.isEmpty).toBe(true);
  due.name('b');
  expect(all(due)).toEqual(['b']);
  due.readmit();
  expect(all(due)).toEqual(['a']);
  due.readmit();
  expect(due.isEmpty).toBe(true);
});

const settings = { concurrency: 8, rate: null, handler: null, isOrdered: false };

test('a claim takes lanes up to its limit, without full ones, and leaves the others their place', () => {
  const lanes = new Lanes(512);
  lanes.configured('lane0', settings);
  lanes.configured('lane1', settings).active = 24;
  lanes.configured('lane3', settings).active = 4;
  const due = dueLanes(...ids(5));
  // The process does not know the lane in the middle, so the database computes its slots.
  expect([...lanes.freeSlots(due, 40)]).toEqual([
    ['lane0', 24],
    ['lane2', null],
    ['lane3', 20],
  ]);
  expect([lanes.get('lane0').more, lanes.get('lane1').more]).toEqual([false, true]);
  expect(all(due)).toEqual(['lane4']);
});

test('a claim takes few of many lanes', () => {
  const lanes = new Lanes(512);
  const due = dueLanes(...ids(1_000));
  const claimed: string[] = [];
  while (!due.isEmpty) {
    const freeSlots = lanes.freeSlots(due, 512);
    expect(freeSlots.size).toBeLessThanOrEqual(16);
    claimed.push(...freeSlots.keys());
  }
  expect(claimed).toEqual(ids(1_000));
});

test('unwell lanes share their part of the slots, and those that get none go first when it has room again', () => {
  const lanes = new Lanes(16);
  const due = dueLanes(...ids(4));
  for (const id of ids(4)) lanes.configured(id, settings).cut(0, 1);
  // Four slots each, of which a claim brings up to twelve. Eight are for all unwell lanes together.
  expect([...lanes.freeSlots(due, 16)]).toEqual([['lane0', 8]]);
  expect(due.isEmpty).toBe(true);
  lanes.get('lane0').active = 7;
  due.readmit();
  due.name('lane0');
  expect([...lanes.freeSlots(due, 9)]).toEqual([['lane1', 1]]);
  due.readmit();
  due.name('lane1');
  expect(due.take()).toBe('lane2');
});
