import { networkOf } from './network';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  [null, 'unknown'],
  [undefined, 'unknown'],
  ['', 'unknown'],
  ['not an address', 'unknown'],
  ['192.0.2.1:443', 'unknown'],
])('%s belongs to the network %s', (address, network) => expect(networkOf(address)).toBe(network));

test('all addresses of one /64 are one network, and those of other /64s are not', () => {
  const random = (): string => Math.floor(Math.random() * 65_536).toString(16);
  const inOne = Array.from({ length: 500 }, () => `2001:db8:a:b:${random()}:${random()}:${random()}:${random()}`);
  expect(new Set(inOne.map(networkOf))).toEqual(new Set(['2001:db8:a:b::/64']));
  const networks = Array.from({ length: 500 }, (_, n) => `2001:db8:${n.toString(16)}::1`);
  expect(new Set(networks.map(networkOf)).size).toBe(500);
});
