import { networkOf } from './network';

test('an IPv4 address is one sender, also in its IPv6 form', () => {
  expect([networkOf('192.0.2.7'), networkOf('::ffff:192.0.2.7'), networkOf('::FFFF:192.0.2.7')]).toEqual(
    Array(3).fill('192.0.2.7'),
  );
});

test('all addresses of a /64 are one sender, however they are written', () => {
  const same = ['2001:db8:0:1::1', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff', '2001:DB8:0:1::', '2001:db8::1:1:2:3:4'];
  expect(new Set(same.map(networkOf))).toEqual(new Set(['2001:db8:0:1::/64']));
  expect(networkOf('2001:db8:0:2::1')).not.toBe(networkOf('2001:db8:0:1::1'));
  expect([networkOf('::1'), networkOf('fe80::1%eth0')]).toEqual(['0:0:0:0::/64', 'fe80:0:0:0::/64']);
});

test('requests without an address are one sender', () => {
  expect([networkOf(null), networkOf('')]).toEqual(['unknown', 'unknown']);
});
