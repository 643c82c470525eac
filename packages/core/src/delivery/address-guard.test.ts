import fc from 'fast-check';
import { AddressGuard, BlockedAddressError } from './address-guard';

const strict = new AddressGuard([]);

// First and last address of each range that is not public (IANA special-purpose registries), and public neighbours.
const refusedRanges = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  // Globally reachable, but of no single host: AS112 and automatic multicast tunnelling.
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '239.255.255.255'],
  ['240.0.0.0', '255.255.255.255'],
] as const;
const publicNeighbours = [
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '1.1.1.1',
  '223.255.255.255',
];

test('SSR-03: ranges are refused to their ends, neighbours are public', () => {
  for (const address of refusedRanges.flat()) expect([address, strict.allows(address)]).toEqual([address, false]);
  for (const address of publicNeighbours) expect([address, strict.allows(address)]).toEqual([address, true]);
});

test('SSR-23: random addresses agree with an independent table in every embedding', () => {
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const table = refusedRanges.map(([first, last]) => [number(first), number(last)] as const);
  const host = number('168.63.129.16');
  const runs = process.env['PAGGIO_FULL'] ? 1_000_000 : 10_000;
  const near = fc
    .constantFrom(...table.flat())
    .chain((edge) => fc.integer({ min: Math.max(0, edge - 2), max: Math.min(0xffffffff, edge + 2) }));
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), near), (value) => {
      const bytes = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
      const dotted = bytes.join('.');
      const expected = value !== host && !table.some(([first, last]) => value >= first && value <= last);
      const hex = `${((bytes[0] as number) * 256 + (bytes[1] as number)).toString(16)}:${((bytes[2] as number) * 256 + (bytes[3] as number)).toString(16)}`;
      // Mapped means the IPv4 address itself; the other embeddings are refused whatever they embed.
      return (
        strict.allows(dotted) === expected &&
        strict.allows(`::ffff:${dotted}`) === expected &&
        strict.allows(`::ffff:${hex}`) === expected &&
        !strict.allows(`::${hex}`) &&
        !strict.allows(`64:ff9b::${hex}`) &&
        !strict.allows(`2002:${hex}::`) &&
        !strict.allows(`64:ff9b:1::${hex}`)
      );
    }),
    { numRuns: runs },
  );
}, 300_000);

test('SSR-07: an answer with one private address is refused as a whole', async () => {
  const guard = new AddressGuard([], async () => [
    { address: '93.184.216.34', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ]);
  await expect(guard.resolve('mixed.example')).rejects.toThrow(BlockedAddressError);
});

test('SSR-20: the allow-list opens its networks and no others', () => {
  const guard = new AddressGuard(['10.1.0.0/16', 'fd00::/8']);
  expect(
    ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '10.2.0.1', 'fc00::1'].map((address) => guard.allows(address)),
  ).toEqual([true, true, true, false, false]);
});
