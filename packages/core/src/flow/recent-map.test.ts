import { RecentMap } from './recent-map';

test('never holds more than its limit, and keeps entries that are used', () => {
  const map = new RecentMap<string, number>(100);
  map.set('kept', 1);
  let lost = 0;
  let largest = 0;
  for (let i = 0; i < 100_000; i++) {
    map.set(`passing ${i}`, i);
    // It is used once for every half of the limit, which is often enough to stay.
    if (i % 50 === 0 && map.get('kept') !== 1) lost++;
    largest = Math.max(largest, map.size);
  }
  expect([lost, largest]).toEqual([0, 100]);
  expect(map.get('passing 99999')).toBe(99_999);
  expect(map.get('passing 0')).toBeUndefined();
});

test('keeps the newest half of its limit without any use', () => {
  const map = new RecentMap<number, number>(10);
  for (let i = 0; i < 1_000; i++) map.set(i, i);
  for (let i = 995; i < 1_000; i++) expect(map.get(i)).toBe(i);
});

test('forgets an entry that is deleted, in whichever half it is, and returns the newest value', () => {
  const map = new RecentMap<string, number>(4);
  map.set('a', 1);
  map.set('b', 2);
  map.set('c', 3);
  map.set('a', 4);
  expect([map.get('a'), map.size]).toEqual([4, 3]);
  map.delete('a');
  map.delete('b');
  map.delete('c');
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([undefined, undefined, undefined, 0]);
});
