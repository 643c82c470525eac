import { HostNames, isHostPattern, isLoopbackName } from './host-name';

test('loopback names mean this machine, and names that only look like them do not', () => {
  for (const name of ['localhost', 'paggio.localhost', 'a.b.localhost', '127.0.0.1', '127.255.0.9', '::1'])
    expect([name, isLoopbackName(name)]).toEqual([name, true]);
  const others = [
    '',
    'localhost.evil.test',
    'evillocalhost',
    '.localhost',
    'a..localhost',
    '127.0.0.1.evil.test',
    '127.1',
    '127.0.0.01',
    '0x7f.0.0.1',
    '2130706433',
    '0.0.0.0',
    '128.0.0.1',
    '10.127.0.1',
    '::',
    '::ffff:127.0.0.1',
    '::2',
  ];
  for (const name of others) expect([name, isLoopbackName(name)]).toEqual([name, false]);
});

test('a list may have names, addresses, everything below a name, and everything', () => {
  const hosts = new HostNames(['Hooks.example.com', '*.preview.test', '192.168.1.7', '[fd00::1]']);
  for (const name of ['hooks.example.com', 'a.preview.test', 'a.b.preview.test', '192.168.1.7', 'fd00::1'])
    expect([name, hosts.has(name)]).toEqual([name, true]);
  for (const name of [
    '',
    'example.com',
    'x.hooks.example.com',
    'preview.test',
    '.preview.test',
    'evilpreview.test',
    '*',
  ])
    expect([name, hosts.has(name)]).toEqual([name, false]);
  expect([new HostNames(['*']).has('any.test'), new HostNames([]).has('any.test')]).toEqual([true, false]);
});

test('an entry of the list is a host and not a URL', () => {
  for (const entry of ['hooks.example.com', '*.example.com', '*', 'paggio', '10.0.0.1', '::1', '[::1]'])
    expect([entry, isHostPattern(entry)]).toEqual([entry, true]);
  for (const entry of [
    '',
    'https://hooks.example.com',
    'hooks.example.com:443',
    'a b',
    '*.',
    'a.*',
    '**',
    '/',
    '.a',
    'a.',
  ])
    expect([entry, isHostPattern(entry)]).toEqual([entry, false]);
});
