import fc from 'fast-check';
import { Lane } from './lane';
import { shareOf } from './share';

test('the shares of all processes add up to the concurrency and differ by at most one', () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 20 }),
      (id, concurrency, count) => {
        const shares = Array.from({ length: count }, (_, index) => shareOf(id, concurrency, { count, index }));
        return (
          shares.reduce((sum, share) => sum + share, 0) === concurrency &&
          Math.max(...shares) - Math.min(...shares) <= 1
        );
      },
    ),
  );
});

test('each wave of failures halves the slots of a congested destination, and deliveries raise them again', () => {
  const lane = new Lane();
  lane.configure({ concurrency: 8, rate: null, handler: null, isOrdered: false }, 8);
  expect([lane.slots, lane.isUnwell]).toEqual([8, false]);
  lane.cut(0, 10);
  expect([lane.slots, lane.isUnwell]).toEqual([4, true]);
  // Attempts that began before the cut belong to the same wave.
  lane.cut(5, 11);
  expect(lane.slots).toBe(4);
  lane.cut(20, 30);
  lane.cut(40, 50);
  lane.cut(60, 70);
  expect(lane.slots).toBe(1);
  for (let n = 0; n < 100; n++) lane.grow();
  expect([lane.slots, lane.isUnwell]).toEqual([8, false]);
});

test('a lane claims ahead of its slots, but not with a rate limit, and claims nothing while its circuit is open', () => {
  const lane = new Lane();
  lane.configure({ concurrency: 8, rate: null, handler: null, isOrdered: false }, 8);
  lane.active = 3;
  expect(lane.freeSlots(0)).toBe(21);
  lane.configure({ concurrency: 8, rate: 10, handler: null, isOrdered: false }, 8);
  expect(lane.freeSlots(0)).toBe(5);
  lane.openUntil = 100;
  expect([lane.freeSlots(50), lane.freeSlots(100)]).toEqual([0, 5]);
});
