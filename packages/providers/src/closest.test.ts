import { closest, didYouMean } from './closest';
import { catalogue } from './catalogue';

const names = catalogue.map(({ name }) => name);

test.each([
  ['strippe', 'stripe'],
  ['Stripe', 'stripe'],
  ['srtipe', 'stripe'],
  ['githb', 'github'],
  ['shopfy', 'shopify'],
])('%s is taken for %s', (word, meant) => expect(closest(word, names)).toBe(meant));

test.each(['', 'qq', 'my-own-service', 'a'.repeat(100_000)])('nothing is suggested for %.20s', (word) =>
  expect(closest(word, names)).toBeUndefined(),
);

test('the closest of several words is suggested, and never the word itself', () => {
  expect(closest('invoice.payd', ['invoice.paid', 'invoice.created', 'invoice.pay'])).toBe('invoice.paid');
  expect(didYouMean('stripe', names)).toBe('');
  expect(didYouMean('strippe', names)).toBe(' Did you mean "stripe"?');
});
