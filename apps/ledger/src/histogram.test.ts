import { Histogram } from './histogram';

test('quantiles differ from those of the sorted values by at most two percent, and the largest value is exact', () => {
  const histogram = new Histogram();
  const values = Array.from({ length: 10_000 }, (_, n) => ((n * 7_919) % 10_000) / 10 + 0.1);
  for (const value of values) histogram.add(value);
  const sorted = values.toSorted((a, b) => a - b);
  for (const part of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exact = sorted[Math.ceil(sorted.length * part) - 1] as number;
    expect(histogram.quantile(part) / exact).toBeGreaterThan(0.98);
    expect(histogram.quantile(part) / exact).toBeLessThan(1.021);
  }
  expect(histogram.summary()).toMatchObject({ count: 10_000, maxMs: 1_000 });
  expect(new Histogram().summary()).toMatchObject({ count: 0, p50Ms: 0, maxMs: 0 });
});
