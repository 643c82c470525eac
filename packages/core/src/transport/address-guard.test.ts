import fc from 'fast-check';
import type { Blocked } from './address-guard';
import { AddressGuard, BlockedAddressError, networkAdvice } from './address-guard';

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
  // These are globally reachable but belong to no single host: AS112 and automatic multicast tunnelling.
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

test('each range is refused from end to end, and its neighbours are public [SSR-03]', () => {
  for (const address of refusedRanges.flat()) expect([address, strict.allows(address)]).toEqual([address, false]);
  for (const address of publicNeighbours) expect([address, strict.allows(address)]).toEqual([address, true]);
});

test('random addresses, embedded in any form, are judged as an independent table says [SSR-23]', () => {
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const table = refusedRanges.map(([first, last]) => [number(first), number(last)] as const);
  const host = number('168.63.129.16');
  const runs = process.env['PAGGIO_FULL'] ? 1_000_000 : 400;
  const near = fc
    .constantFrom(...table.flat())
    .chain((edge) => fc.integer({ min: Math.max(0, edge - 2), max: Math.min(0xffffffff, edge + 2) }));
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), near), (value) => {
      const bytes = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
      const dotted = bytes.join('.');
      const expected = value !== host && !table.some(([first, last]) => value >= first && value <= last);
      const hex = `${((bytes[0] as number) * 256 + (bytes[1] as number)).toString(16)}:${((bytes[2] as number) * 256 + (bytes[3] as number)).toString(16)}`;
      // A mapped address is the IPv4 address itself, and NAT64 leads to it. The other embeddings are always refused.
      return (
        strict.allows(dotted) === expected &&
        strict.allows(`::ffff:${dotted}`) === expected &&
        strict.allows(`::ffff:${hex}`) === expected &&
        !strict.allows(`::${hex}`) &&
        strict.allows(`64:ff9b::${hex}`) === expected &&
        strict.allows(`64:ff9b::${dotted}`) === expected &&
        !strict.allows(`2002:${hex}::`) &&
        !strict.allows(`64:ff9b:1::${hex}`)
      );
    }),
    { numRuns: runs },
  );
}, 300_000);

test('a DNS answer with one private address is refused as a whole [SSR-07]', async () => {
  const guard = new AddressGuard([], async () => [
    { address: '93.184.216.34', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ]);
  await expect(guard.resolve('mixed.example')).rejects.toThrow(BlockedAddressError);
});

test('the allow-list opens its networks and no others [SSR-20]', () => {
  const guard = new AddressGuard(['10.1.0.0/16', 'fd00::/8']);
  expect(
    ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '10.2.0.1', 'fc00::1'].map((address) => guard.allows(address)),
  ).toEqual([true, true, true, false, false]);
});

// The part of IPv6 for hosts, and its ranges that are not for hosts (IANA IPv6 special-purpose registry), by first and
// last address. They are numbers, so that the test does not depend on how the guard reads networks.
const bits = (hex: string): bigint => BigInt(`0x${hex.replaceAll(' ', '')}`);
const range = (first: string, prefix: number): readonly [bigint, bigint] => {
  const from = bits(first.padEnd(32, '0'));
  return [from, from + (1n << BigInt(128 - prefix)) - 1n];
};
const globalUnicast = range('2', 3);
const notOfIt = [
  range('20010000', 23), // protocol assignments: Teredo, benchmarking, ORCHID, AMT, AS112
  range('20010db8', 32), // documentation
  range('2002', 16), // 6to4
  range('2620004f8000', 48), // AS112
  range('3fff0', 20), // documentation
];
const within = (value: bigint, [first, last]: readonly [bigint, bigint]): boolean => value >= first && value <= last;
const publicIpv6 = (value: bigint): boolean =>
  within(value, globalUnicast) && !notOfIt.some((one) => within(value, one));
const groups = (value: bigint): string[] =>
  Array.from({ length: 8 }, (_, index) => ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16));
const MAX = (1n << 128n) - 1n;
const anyIpv6 = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX }),
  fc.bigInt({ min: globalUnicast[0], max: globalUnicast[1] }),
  // Addresses at the edges of every range, of the part itself, and of every /8 of the whole space.
  fc
    .constantFrom(...[globalUnicast, ...notOfIt].flat(), ...Array.from({ length: 256 }, (_, n) => BigInt(n) << 120n))
    .chain((edge) => fc.bigInt({ min: edge - 2n, max: edge + 2n }))
    .filter((value) => value >= 0n && value <= MAX),
);

test('only global unicast addresses of IPv6 are allowed, in any spelling', () => {
  fc.assert(
    fc.property(anyIpv6, (value) => {
      // An IPv4 address in IPv6 form is treated as IPv4, which another test checks.
      fc.pre(value >> 32n !== 0xffffn);
      const expected = publicIpv6(value);
      const plain = groups(value);
      const spellings = [
        plain.join(':'),
        plain.map((group) => group.padStart(4, '0').toUpperCase()).join(':'),
        plain.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::'),
        new URL(`http://[${plain.join(':')}]/`).hostname.slice(1, -1),
      ];
      return spellings.every((spelling) => strict.allows(spelling) === expected);
    }),
    { numRuns: process.env['PAGGIO_FULL'] ? 500_000 : 800 },
  );
}, 300_000);

test('addresses that only look global are refused, and their public neighbours are allowed', () => {
  const refused = [
    ...[
      '200::1',
      '4000::1',
      '8000::1',
      'e000::1',
      '100:0:0:1::1',
      '64:ff9b:2::1',
      '1fff:ffff::1',
      'fec0::1',
      '5f00::1',
    ],
    ...['::', '::1', 'fe80::1', 'fc00::1', 'fdff::1', 'ff02::1', '100::1', '2001::1', '2001:db8::1', '2002:808:808::1'],
    ...['3fff:fff::1', '3ffe::1%eth0', '2620:4f:8000::1', '64:ff9b::a00:1', '64:ff9b:1::808:808', '::ffff:0:808:808'],
  ];
  for (const address of refused) expect([address, strict.allows(address)]).toEqual([address, false]);
  const allowed = [
    '2606:4700:4700::1111',
    '2a00:1450:4001::1',
    '2001:200::1',
    '2001:4860:4860::8888',
    '3fff:1000::1',
    '64:ff9b::808:808',
  ];
  for (const address of allowed) expect([address, strict.allows(address)]).toEqual([address, true]);
});

/** Metadata addresses, as the clouds document them. */
const metadata = [
  ...['169.254.169.254', '169.254.170.2', '169.254.170.23', '169.254.42.42', '169.254.0.23', '100.100.100.200'],
  ...['168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe'],
  ...['fd00:42::42', 'fd00:a9fe:a9fe::1', 'fe80::a9fe:a9fe'],
];
const everything = [
  '0.0.0.0/0',
  '::/0',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '192.0.0.0/24',
  'fc00::/7',
  'fd00:ec2::/64',
];

test('an allow-list of all networks allows no metadata service, in any form in which IPv6 carries an IPv4 address', () => {
  const open = new AddressGuard(everything);
  for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', 'fe80::1', '169.254.1.1', '100.100.100.201'])
    expect([address, open.allows(address)]).toEqual([address, true]);
  for (const address of metadata.flatMap(formsOf)) expect([address, open.allows(address)]).toEqual([address, false]);
});

test('a metadata service that is listed on its own is allowed, and no other', () => {
  for (const address of metadata) {
    const others = metadata.filter((other) => other !== address);
    for (const name of [address, `${address}/${address.includes(':') ? 128 : 32}`]) {
      const guard = new AddressGuard([...everything, name]);
      expect([name, guard.allows(address)]).toEqual([name, true]);
      expect(others.filter((other) => guard.allows(other))).toEqual([]);
    }
  }
  expect(new AddressGuard(['169.254.169.254/31']).allows('169.254.169.254')).toBe(false);
  expect(new AddressGuard(['::ffff:169.254.169.254/128']).allows('169.254.169.254')).toBe(true);
});

test('behind DNS64, a name with IPv4 only is reached, and its synthesised address is judged by the embedded IPv4 address', async () => {
  const answers: Record<string, string[]> = {
    'shop.example': ['151.101.194.133', '64:ff9b::9765:c285'],
    'ipv6-only-host.example': ['64:ff9b::9765:c285'],
    'private.example': ['151.101.194.133', '64:ff9b::a00:1'],
    'loopback.example': ['64:ff9b::7f00:1'],
    'metadata.example': ['64:ff9b::a9fe:a9fe'],
    'link-local.example': ['64:ff9b::a9fe:101'],
    'carrier.example': ['64:ff9b::6440:1'],
    'azure.example': ['64:ff9b::a83f:8110'],
    'local-prefix.example': ['151.101.194.133', '64:ff9b:1::9765:c285'],
  };
  const guard = new AddressGuard([], async (name) =>
    (answers[name] as string[]).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  );
  const verdicts = await Promise.all(
    Object.keys(answers).map(async (name) => {
      const admitted = await guard.admit(name, 443).catch((error: Error) => error);
      return [name, admitted instanceof Error ? admitted.name : admitted.map(({ address }) => address)];
    }),
  );
  expect(verdicts).toEqual(
    Object.entries(answers).map(([name, addresses]) => [
      name,
      /^(shop|ipv6)/.test(name) ? addresses : 'BlockedAddressError',
    ]),
  );
});

test("below a NAT64 prefix of the operator's network, the embedded IPv4 address counts too, in each layout", () => {
  const prefixes = ['64:ff9b:1::/48', '2a01:4f8:64::/96', '2a02:db8::/32', '2a03:db8:100::/40', '2a04:db8:0:200::/56'];
  const guard = new AddressGuard([], undefined, [], undefined, [...prefixes, '2a05:db8:0:1::/64']);
  // 8.8.4.4 and 10.0.0.1, as RFC 6052 embeds them in prefixes of each length.
  const forms: [string, string][] = [
    ['64:ff9b:1:808:4:400::', '64:ff9b:1:a00:0:100::'],
    ['2a01:4f8:64::808:404', '2a01:4f8:64::a00:1'],
    ['2a02:db8:808:404::', '2a02:db8:a00:1::'],
    ['2a03:db8:108:804:4::', '2a03:db8:10a::1:0:0:0'],
    ['2a04:db8:0:208:8:404::', '2a04:db8:0:20a:0:1::'],
    ['2a05:db8:0:1:8:804:400:0', '2a05:db8:0:1:a:0:100:0'],
  ];
  for (const [open, inner] of forms)
    expect([open, guard.allows(open), guard.allows(inner)]).toEqual([open, true, false]);
  // Without the setting they are ordinary addresses.
  expect(forms.map(([, inner]) => strict.allows(inner))).toEqual([false, true, true, true, true, true]);
  expect(new AddressGuard(['10.0.0.0/8'], undefined, [], undefined, prefixes).allows('2a01:4f8:64::a00:1')).toBe(true);
});

test('the advice for a refused host depends on the host', async () => {
  const advice = async (host: string): Promise<string> =>
    (await strict.admit(host, 80).catch((error: Error) => error.message)) as string;
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'app.localhost'])
    expect(networkAdvice(host)).toMatch(
      /PAGGIO_ALLOWED_NETWORKS=127\.0\.0\.0\/8.*allowedNetworks.*host\.docker\.internal/,
    );
  expect(networkAdvice('Host.Docker.Internal.')).toMatch(/172\.16\.0\.0\/12.*host-gateway/);
  expect(networkAdvice('10.1.2.3')).toContain('PAGGIO_ALLOWED_NETWORKS=10.1.0.0/16');
  expect(await advice('127.0.0.1')).toContain(networkAdvice('127.0.0.1'));
});

test('an allowed translator reaches public addresses, and private ones only if those are allowed themselves', () => {
  const translator = new AddressGuard(['64:ff9b::/96', '2002::/16', '10.1.0.0/16']);
  for (const [address, expected] of [
    ['64:ff9b::808:808', true],
    ['64:ff9b::a01:1', true], // 10.1.0.1
    ['64:ff9b::a02:1', false], // 10.2.0.1
    ['64:ff9b::7f00:1', false],
    ['2002:808:808::1', true],
    ['2002:7f00:1::1', false],
    ['2002:a01:1::1', true],
  ] as const)
    expect([address, translator.allows(address)]).toEqual([address, expected]);
});

/** An IPv4 address in every form in which IPv6 carries one. An IPv6 address stays as it is. */
function formsOf(address: string): string[] {
  if (address.includes(':')) return [address];
  const bytes = address.split('.').map(Number) as [number, number, number, number];
  const [a, b, c, d] = bytes.map((byte) => byte.toString(16).padStart(2, '0')) as [string, string, string, string];
  const inverted = bytes.map((byte) => (255 - byte).toString(16).padStart(2, '0')).join('');
  return [
    address,
    `::ffff:${address}`,
    `::ffff:${a}${b}:${c}${d}`,
    `::${a}${b}:${c}${d}`,
    `::ffff:0:${a}${b}:${c}${d}`,
    `64:ff9b::${a}${b}:${c}${d}`,
    `2002:${a}${b}:${c}${d}::1`,
    `2001:0:102:304:0:0:${inverted.slice(0, 4)}:${inverted.slice(4)}`,
    // The layouts of RFC 6052 below 64:ff9b:1::/48.
    `64:ff9b:1:${a}${b}:${c}:${d}00::`,
    `64:ff9b:1:00${a}:00${b}:${c}${d}::`,
    `64:ff9b:1:0:00${a}:${b}${c}:${d}00::`,
    `64:ff9b:1::${a}${b}:${c}${d}`,
  ];
}

test('a refused connection is reported with the reason, but never with the address of a name', async () => {
  const blocked: Blocked[] = [];
  const guard = new AddressGuard(
    [],
    async () => [{ address: '10.9.8.7', family: 4 }],
    [6379],
    (one) => blocked.push(one),
  );
  const reasons: string[] = [];
  for (const [host, port] of [
    ['inner.example', 80],
    ['[::1]', 443],
    ['8.8.8.8', 22],
  ] as const)
    await guard.admit(host, port).catch((error: Error) => reasons.push(error.message));
  expect(blocked).toEqual([
    { host: 'inner.example', port: 80, reason: 'address' },
    { host: '[::1]', port: 443, reason: 'address' },
    { host: '8.8.8.8', port: 22, reason: 'port' },
  ]);
  expect(reasons).toEqual([
    expect.stringMatching(/^inner\.example is not an address .*PAGGIO_ALLOWED_NETWORKS/),
    expect.stringMatching(/^\[::1\] is not an address/),
    expect.stringMatching(/^port 22 belongs to .*PAGGIO_ALLOWED_PORTS/),
  ]);
  expect(reasons.join()).not.toContain('10.9');
  expect(await guard.admit('8.8.8.8', 6379)).toEqual([{ address: '8.8.8.8', family: 4 }]);
});

test('ports of other services are refused, and common ports for webhooks are allowed', () => {
  const refusedPorts = [
    ...[21, 22, 23, 25, 53, 110, 111, 135, 139, 143, 389, 445, 465, 587, 636, 993, 1433, 1521, 2049, 2181, 2375, 2376],
    ...[2379, 2380, 3306, 3389, 5432, 5672, 5984, 6379, 6443, 8009, 8500, 9042, 9092, 9200, 10250, 11211, 27017],
  ];
  for (const port of refusedPorts) expect([port, strict.allowsPort(port)]).toEqual([port, false]);
  const open = [
    80, 443, 1080, 3000, 3001, 4000, 4001, 4200, 4400, 5000, 5001, 5173, 7000, 7071, 8000, 8001, 8080, 8081,
  ];
  for (const port of [...open, 8088, 8443, 8888, 9000, 9090, 9443, 32_768, 49_152, 60_999, 65_535])
    expect([port, strict.allowsPort(port)]).toEqual([port, true]);
  // Systems give these ports to any program that asks for a free one.
  for (let port = 32_768; port < 65_536; port++) if (!strict.allowsPort(port)) throw new Error(String(port));
});
