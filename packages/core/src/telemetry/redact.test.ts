import { printable, redact } from './redact';

test('secrets and credentials are replaced anywhere in a text', () => {
  const redacted = redact(
    '{"a":"pk_live_abcdefgh12345678","b":"x_pk_test_abcdefgh","c":"whsec_abcdefgh1234"} Authorization: Bearer abc.def ' +
      'postgres://u:p@ss@h/db https://h/p?token=abc&x=1 and https://a.b, "e":"f@g"',
  );
  expect(redacted).toBe(
    '{"a":"pk_live_***","b":"x_pk_test_***","c":"whsec_***"} Authorization: Bearer *** ' +
      'postgres://u:***@h/db https://h/p?token=***&x=*** and https://a.b, "e":"f@g"',
  );
});

test('a long text is cut, and a secret at the cut does not show', () => {
  const text = `${'x'.repeat(90)} postgres://user:a-long-password@host/db`;
  for (let limit = 80; limit < 140; limit++) {
    const shown = redact(text.padEnd(10_000, ' y'), limit);
    expect(shown).not.toMatch(/a-l/);
    expect(shown.length).toBeLessThan(limit + 40);
  }
  expect(redact('x'.repeat(5_000))).toBe(`${'x'.repeat(2_048)}... (5000 characters)`);
});

test('a printable text cannot end its line, move the cursor, change its direction or hide', () => {
  const hostile = 'a\r\nforged\u001b[2J\u009b1m\u202egnp.exe\u2028\u200b\ufeff\ud800';
  expect(printable(hostile)).toBe('a\\r\\nforged\\u001b[2J\\u009b1m\\u202egnp.exe\\u2028\\u200b\\ufeff\ufffd');
  expect(printable('Grüße, 世界 👋')).toBe('Grüße, 世界 👋');
});
