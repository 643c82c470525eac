import fc from 'fast-check';
import { GROWTH, latencyOf, percentile } from './latency-slots';

/** Computes the slot like the statement that writes the index. */
const slotOf = (latencyMs: number): number => (latencyMs <= 1 ? 0 : Math.ceil(Math.log(latencyMs) / Math.log(GROWTH)));

test('a latency differs from the middle of its slot by at most 5 percent and half a millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 600_000 }), (latencyMs) => {
      expect(Math.abs(latencyOf(slotOf(latencyMs)) - latencyMs)).toBeLessThanOrEqual(latencyMs * 0.05 + 1);
    }),
  );
});

test('a percentile equals that of the sorted values, within the width of a slot', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const counts = new Map<number, number>();
        for (const value of values) counts.set(slotOf(value), (counts.get(slotOf(value)) ?? 0) + 1);
        const exact = values.sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] as number;
        expect(Math.abs((percentile(counts, share) as number) - exact)).toBeLessThanOrEqual(exact * 0.05 + 1);
      },
    ),
  );
  expect(percentile(new Map(), 0.95)).toBeNull();
});
