import fc from 'fast-check';
import { durationText, parseDuration } from './duration';

test('a duration is a number of milliseconds, or a number and a unit', () => {
  const values = [0, 1500, '500ms', '30s', '15m', '12h', '5d', '2w', '1.5h', '0.001s', '1.1s', ' 5 D '];
  expect(values.map(parseDuration)).toEqual([
    0, 1500, 500, 30_000, 900_000, 43_200_000, 432_000_000, 1_209_600_000, 5_400_000, 1, 1_100, 432_000_000,
  ]);
});

test('anything else is not a duration', () => {
  const values = [
    -1,
    1.5,
    Number.NaN,
    Infinity,
    '5',
    '-5d',
    '5 days',
    '1e3s',
    '0.0001s',
    '',
    'd',
    null,
    undefined,
    {},
    [],
  ];
  expect(values.map(parseDuration)).toEqual(values.map(() => undefined));
});

test('a duration that was written as text reads back the same', () => {
  expect([432_000_000, 259_200_000, 90_000, 1_001, 0].map(durationText)).toEqual(['5d', '3d', '90s', '1001ms', '0ms']);
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => parseDuration(durationText(ms)) === ms));
});
