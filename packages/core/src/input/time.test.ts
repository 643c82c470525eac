import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { parseTime, requireTime } from './time';

const cases: [string, string | undefined][] = [
  ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00.000Z'],
  ['2030-01-01t00:00:00z', '2030-01-01T00:00:00.000Z'],
  ['2030-01-01T05:45:00+05:45', '2030-01-01T00:00:00.000Z'],
  ['2029-12-31T19:00:00.1-05:00', '2030-01-01T00:00:00.100Z'],
  ['2030-01-01T00:00:00.123456789Z', '2030-01-01T00:00:00.123Z'],
  ['2030-01-01T00:00:00-00:00', '2030-01-01T00:00:00.000Z'],
  ['2030-01-01', '2030-01-01T00:00:00.000Z'],
  ['2000-02-29', '2000-02-29T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2016-12-31T18:59:60-05:00', '2017-01-01T00:00:00.000Z'],
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['2030-01-01T00:00:00', undefined],
  ['2030-01-01 00:00:00Z', undefined],
  ['2030-01-01T00:00Z', undefined],
  ['2030-01-01T00:00:00+0545', undefined],
  ['2030-01-01T00:00:00+05', undefined],
  ['2030-01-01T00:00:00+24:00', undefined],
  ['2030-01-01T00:00:00.Z', undefined],
  ['2030-01-01T00:00:00,5Z', undefined],
  ['2030-01-01T24:00:00Z', undefined],
  ['2030-01-01T12:00:60Z', undefined],
  ['2030-02-30', undefined],
  ['1900-02-29', undefined],
  ['2030-13-01', undefined],
  ['2030-00-10', undefined],
  ['2030-01-00', undefined],
  ['2030-W01-1', undefined],
  ['20300101T000000Z', undefined],
  ['+002030-01-01T00:00:00Z', undefined],
  ['0001-01-01T00:00:00Z', undefined],
  ['0070-01-01T00:00:00Z', undefined],
  ['1969-12-31T23:59:59Z', undefined],
  ['1970-01-01T00:00:00+00:01', undefined],
  ['9999-12-31T23:59:59-00:01', undefined],
  ['10000-01-01T00:00:00Z', undefined],
  ['1767225600', undefined],
  ['Jan 1 2030', undefined],
  ['٢٠٣٠-01-01', undefined],
  ['2030-01-01T00:00:00Z\n', undefined],
  ['', undefined],
];

test.each(cases)('%j is read as %s', (text, expected) => {
  expect(parseTime(text)?.toISOString()).toBe(expected);
});

test('the time zone of the process makes no difference', () => {
  const { code } = transformFileSync(join(__dirname, 'time.ts'), {
    module: { type: 'commonjs' },
    jsc: { parser: { syntax: 'typescript' } },
  });
  const inputs = JSON.stringify(cases.map(([text]) => text));
  const script = `const exports = {}; (function (require) { ${code} })(() => ({}));
    console.log(JSON.stringify(${inputs}.map((text) => exports.parseTime(text)?.toISOString() ?? null)), new Date(0).getTimezoneOffset())`;
  const env = { ...process.env, TZ: 'Asia/Kathmandu' };
  const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env });
  expect(printed.trim()).toBe(`${JSON.stringify(cases.map(([, expected]) => expected ?? null))} -330`);
});

test('only text is parsed, and only a valid Date is accepted', () => {
  for (const value of [0, null, undefined, new Date(), ['2030-01-01'], { toString: () => '2030-01-01' }])
    expect(parseTime(value)).toBeUndefined();
  for (const value of [undefined, null, new Date(0)]) expect(() => requireTime('since', value)).not.toThrow();
  for (const value of [new Date(Number.NaN), new Date(-1), new Date(8.64e15), '2030-01-01', 1])
    expect(() => requireTime('since', value)).toThrow('Invalid fields: since');
});
