import { LaneAlarms } from './lane-alarms';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('each lane has one alarm, the earliest that was set', () => {
  const rung: string[] = [];
  const alarms = new LaneAlarms((id) => rung.push(id));
  alarms.set('a', 100);
  alarms.set('b', 30);
  alarms.set('a', 50);
  alarms.set('a', 80);
  jest.advanceTimersByTime(40);
  expect(rung).toEqual(['b']);
  jest.advanceTimersByTime(1_000);
  expect(rung).toEqual(['b', 'a']);
  alarms.set('a', 10);
  jest.advanceTimersByTime(10);
  expect(rung).toEqual(['b', 'a', 'a']);
});

test('no alarm rings after a stop', () => {
  const rung: string[] = [];
  const alarms = new LaneAlarms((id) => rung.push(id));
  alarms.set('a', 10);
  alarms.stop();
  jest.advanceTimersByTime(1_000);
  expect(rung).toEqual([]);
});
