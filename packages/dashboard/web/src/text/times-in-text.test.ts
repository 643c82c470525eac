import { toPieces } from './times-in-text';

test.each([
  '2026-11-28T22:26:57Z',
  '2026-11-28T22:26:07.244Z',
  '2026-11-28T22:26Z',
  '2026-11-28T23:26:57+01:00',
  '2024-02-29T23:59:59.123456-05:30',
])('finds the time %s in a sentence, at its end and alone', (iso) => {
  expect(toPieces(`left alone until ${iso}, then tried`)).toEqual(['left alone until ', { iso }, ', then tried']);
  expect(toPieces(`left alone until ${iso}.`)).toEqual(['left alone until ', { iso }, '.']);
  expect(toPieces(`(${iso})`)).toEqual(['(', { iso }, ')']);
  expect(toPieces(iso)).toEqual([{ iso }]);
});

test('finds each of several times', () => {
  expect(toPieces('from 2026-11-28T22:26:57Z to 2026-11-28T22:27:57Z')).toEqual([
    'from ',
    { iso: '2026-11-28T22:26:57Z' },
    ' to ',
    { iso: '2026-11-28T22:27:57Z' },
  ]);
});

test.each([
  '',
  'HTTP 500; out of attempts (limit 3)',
  // Without a date or an offset the time is ambiguous.
  'until 22:26:57Z',
  'at 2026-11-28T22:26:57',
  'on 2026-11-28',
  // These times do not exist.
  'at 2026-02-30T10:00:00Z',
  'at 2026-13-01T10:00:00Z',
  'at 2026-11-28T25:00:00Z',
  // These are parts of longer words.
  'backup-2026-11-28T22:26:57Z',
  'x2026-11-28T22:26:57Z',
  '2026-11-28T22:26:57Zulu',
  '12026-11-28T22:26:57Z',
])('leaves %j as it is', (text) => {
  expect(toPieces(text)).toEqual(text === '' ? [] : [text]);
});
