import { toText } from './body-text';
import { fromHeaderLines, toHeaderLines, toWords } from './header-lines';
import { toHexRows } from './hex';
import { toLineDiff } from './line-diff';
import { toBytes, toClock, toDuration, toMilliseconds, toPercent } from './units';

test('hex rows have an offset, bytes and printable characters', () => {
  const rows = toHexRows(new TextEncoder().encode('{"a":1}\n\u00e9 0123456789')).split('\n');
  expect(rows[0]).toBe('00000000  7b 22 61 22 3a 31 7d 0a  c3 a9 20 30 31 32 33 34  {"a":1}... 01234');
  expect(rows[1]).toMatch(/^00000010 {2}35 36 37 38 39 +56789$/);
});

test('UTF-8 is read as text with its byte order mark, and other bytes are not text', () => {
  expect(toText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe('\uFEFFa');
  expect(toText(new Uint8Array([0xff, 0xfe]))).toBeNull();
  // A preview may end in the middle of a character.
  expect(toText(new Uint8Array([0x61, 0xc3]), true)).toBe('a');
  expect(toText(new Uint8Array([0x61, 0xc3]))).toBeNull();
});

test('differences are shown with three lines around them', () => {
  const before = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  const after = before.with(10, 'changed');
  const kinds = toLineDiff(before.join('\n'), after.join('\n'))?.map(({ kind, text }) =>
    kind === 'same' ? text : `${kind} ${text}`.trim(),
  );
  expect(kinds).toEqual([
    'gap',
    'line 7',
    'line 8',
    'line 9',
    'removed line 10',
    'added changed',
    'line 11',
    'line 12',
    'line 13',
    'gap',
  ]);
  expect(toLineDiff('a', 'a\nb')).toEqual([
    { kind: 'same', text: 'a' },
    { kind: 'added', text: 'b' },
  ]);
});

test('headers are lines with name and value', () => {
  expect(fromHeaderLines('X-A: one: two\n\n X-B:3 ')).toEqual({ 'X-A': 'one: two', 'X-B': '3' });
  expect(fromHeaderLines('no colon')).toBeNull();
  expect(fromHeaderLines(': value')).toBeNull();
  expect(toHeaderLines({ a: 'b', c: '' })).toBe('a: b\nc: ');
  expect(toWords(' a, b\nc ')).toEqual(['a', 'b', 'c']);
});

test('sizes, durations, percentages and times have readable units', () => {
  expect([toBytes(999), toBytes(2100), toBytes(10_485_760)]).toEqual(['999 B', '2.1 kB', '10.5 MB']);
  expect([toMilliseconds(null), toMilliseconds(1234), toMilliseconds(12_345)]).toEqual(['–', '1,234 ms', '12.3 s']);
  expect([toDuration(59.2), toDuration(60), toDuration(7200), toDuration(2_592_000)]).toEqual([
    '59 s',
    '1 min',
    '2 h',
    '30 d',
  ]);
  expect([toPercent(null), toPercent(99.95)]).toEqual(['–', '99.95%']);
  const now = new Date(2026, 0, 2, 3, 4, 5);
  expect(toClock(now.toISOString(), now)).toBe('03:04:05');
  expect(toClock(now.toISOString(), new Date(2026, 0, 3))).toBe('2026-01-02 03:04:05');
});
