import { findSlips } from './slips';

const known = ['invoice.paid', 'invoice.payment_failed', 'customer.subscription.created', 'push'];

test.each([
  ['invoice.piad', 'invoice.paid'],
  ['Invoice.Paid', 'invoice.paid'],
  ['pusch', 'push'],
  ['invioce.*', 'invoice.*'],
  ['customer.subscripton.*', 'customer.subscription.*'],
])('%s is taken for a slip of %s', (written, meant) => {
  expect(findSlips(['push', written, written], known)).toEqual([{ written, meant }]);
});

test.each(['invoice.paid', 'invoice.*', 'customer.*', 'customer.subscription.*', 'my.own.type', 'p', ''])(
  '%j is not taken for a slip',
  (written) => expect(findSlips([written], known)).toEqual([]),
);

test('without known types there is no slip', () => {
  expect(findSlips(['invoice.piad', 'invioce.*'], [])).toEqual([]);
});
