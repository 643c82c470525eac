import { LaneAlarms } from './lane-alarms';

let rung: string[];
let alarms: LaneAlarms;

beforeEach(() => {
  jest.useFakeTimers();
  rung = [];
  alarms = new LaneAlarms((id) => rung.push(`${id} ${Math.round(performance.now() - startedAt)}`));
  startedAt = performance.now();
});
let startedAt: number;
afterEach(() => jest.useRealTimers());

test('each time that was set for a lane rings, in any order', () => {
  alarms.set('a', 300);
  alarms.set('b', 30);
  alarms.set('a', 100);
  alarms.set('a', 200);
  jest.advanceTimersByTime(1_000);
  expect(rung).toEqual(['b 30', 'a 100', 'a 200', 'a 300']);
  alarms.set('a', 10);
  jest.advanceTimersByTime(10);
  expect(rung.at(-1)).toBe('a 1010');
});

test('times that are close together share an alarm, which rings for the last of them', () => {
  for (const ms of [100, 120, 140, 90]) alarms.set('a', ms);
  jest.advanceTimersByTime(1_000);
  expect(rung).toEqual(['a 100', 'a 150']);
});

test('a row of times, each soon after the one before, does not put the first one off', () => {
  for (let n = 0; n < 100; n++) {
    alarms.set('a', 200);
    jest.advanceTimersByTime(10);
  }
  expect(rung[0]).toBe('a 200');
  expect(rung.length).toBeGreaterThan(10);
  expect(rung.length).toBeLessThan(20);
});

test('a lane with very many times forgets the last ones', () => {
  for (let n = 1; n <= 1_000; n++) alarms.set('a', n * 100);
  jest.advanceTimersByTime(200_000);
  expect(rung).toHaveLength(64);
});

test('an alarm may be set again while it rings', () => {
  const again = new LaneAlarms((id) => {
    rung.push(id);
    if (rung.length < 3) again.set(id, 10);
  });
  again.set('a', 10);
  jest.advanceTimersByTime(1_000);
  expect(rung).toEqual(['a', 'a', 'a']);
});

test('no alarm rings after a stop, whenever it is set', () => {
  alarms.set('a', 10);
  alarms.stop();
  alarms.set('b', 10);
  jest.advanceTimersByTime(1_000);
  expect(rung).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});
