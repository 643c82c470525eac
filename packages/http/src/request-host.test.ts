import { hostName, parseHost, requestHosts } from './request-host';

const nameOf = (host: string): string | undefined => {
  const url = parseHost(host, 'http:');
  return url && hostName(url);
};

test('a host is read as browsers read it, without port, brackets and final dot', () => {
  const expected: [string, string][] = [
    ['Hooks.Example.com.:443', 'hooks.example.com'],
    ['[::1]:4400', '::1'],
    ['LOCALHOST', 'localhost'],
    ['127.0.0.1:1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['a_b.test', 'a_b.test'],
  ];
  for (const [host, name] of expected) expect([host, nameOf(host)]).toEqual([host, name]);
});

test('a text that is more than a host, or not a host, is not read as one', () => {
  for (const host of [
    '',
    ' ',
    'localhost/evil',
    'localhost?evil',
    'evil.test#@localhost',
    'evil@localhost',
    'localhost, evil.test',
    'localhost:4400:80',
    'localhost:x',
    'localhost\\evil',
    '[::1',
    '::1',
  ])
    expect([host, nameOf(host)]).toEqual([host, undefined]);
});

test("a trusted proxy's forwarded host is returned next to the host, and no other", () => {
  const headers = ['Host', '127.0.0.1:4400', 'X-Forwarded-Host', 'evil.test, hooks.example.com'];
  expect(requestHosts(headers, true)).toEqual(['127.0.0.1:4400', 'hooks.example.com']);
  expect(requestHosts(headers, false)).toEqual(['127.0.0.1:4400']);
  expect(requestHosts([], true)).toEqual([]);
});
