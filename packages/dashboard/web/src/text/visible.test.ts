import { countHidden, typable, visible, visibleUrl } from './visible';

test('hidden and bidirectional characters are shown as their code points [UIX-07]', () => {
  expect(visible('user\u202Egnp.exe')).toBe('user⟨U+202E⟩gnp.exe');
  expect(visible('a\u200Bb\uFEFFc\u2066d\u00ADe\u2028f\u0000g\u0007h\u{E0041}i\u3164')).toBe(
    'a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+2066⟩d⟨U+00AD⟩e⟨U+2028⟩f⟨U+0000⟩g⟨U+0007⟩h⟨U+E0041⟩i⟨U+3164⟩',
  );
  expect(countHidden('a\u200Bb\u202Ec\r\n')).toBe(2);
});

test('ordinary text in any language stays unchanged', () => {
  const text = 'Grüße, עברית, العربية, 日本語, 👍\n\ttabs and lines';
  expect(visible(text)).toBe(text);
  expect(countHidden(text)).toBe(0);
});

test('a host with look-alike letters is shown in its ASCII form', () => {
  expect(visibleUrl('https://аррӏе.com/path?x=ä')).toBe('https://xn--80ak6aa92e.com/path?x=ä');
  expect(visibleUrl('https://example.com/ä')).toBe('https://example.com/ä');
  expect(visibleUrl('javascript:alert(1)')).toBe('javascript:alert(1)');
});

test('a confirmation asks for a word that can be typed', () => {
  expect(typable(' stripe-prod ', 'slug')).toBe('stripe-prod');
  expect(typable('x'.repeat(41), 'slug')).toBe('slug');
  expect(typable('a\u200Bb', 'slug')).toBe('slug');
});
