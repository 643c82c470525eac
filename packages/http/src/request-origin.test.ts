import { checkOrigin } from './request-origin';

interface Sent {
  host?: string | string[];
  origin?: string | string[];
  site?: string | string[];
  overTls?: boolean;
}

/** `undefined` means that the change is allowed. */
function refusalOf(
  publicUrl: string,
  { host, origin, site, overTls = false }: Sent,
  presence: 'required' | 'optional',
) {
  const headers = { origin, 'sec-fetch-site': site };
  const rawHeaders = Object.entries(headers).flatMap(([name, values]) =>
    values === undefined ? [] : [values].flat().flatMap((value) => [name, value]),
  );
  try {
    checkOrigin(
      { rawHeaders, arrival: { overTls, onLoopback: true, hosts: [host ?? []].flat() } },
      publicUrl,
      presence,
    );
    return undefined;
  } catch (error) {
    return error as { code: string; hint: string };
  }
}

const LOCAL = 'http://127.0.0.1:4400';
const PUBLIC = 'https://hooks.example.com';

const allowed: [string, string, Sent][] = [
  ['the server itself', LOCAL, { host: '127.0.0.1:4400', origin: LOCAL }],
  ['another name of it', LOCAL, { host: 'paggio.localhost:4400', origin: 'http://paggio.localhost:4400' }],
  ['TLS of its own', LOCAL, { host: 'app.test', origin: 'https://app.test', overTls: true }],
  ['the default port', LOCAL, { host: 'app.test:443', origin: 'https://app.test', overTls: true }],
  ['the public URL, Host passed on', PUBLIC, { host: 'hooks.example.com', origin: PUBLIC }],
  ['the public URL, Host changed', PUBLIC, { host: '127.0.0.1:4400', origin: PUBLIC, site: 'same-origin' }],
  ['this machine, beside a public URL', PUBLIC, { host: 'localhost:4400', origin: 'http://localhost:4400' }],
  [
    'a proxy that ends TLS and says nothing of it, by the word of the browser',
    'http://localhost',
    { host: 'app.test', origin: 'https://app.test', site: 'same-origin' },
  ],
  ['a development proxy that passes Host on', LOCAL, { host: 'localhost:5173', origin: 'http://localhost:5173' }],
  [
    'the host that a trusted proxy names',
    LOCAL,
    { host: ['127.0.0.1:4400', 'app.test'], origin: 'https://app.test', overTls: true },
  ],
  ['a person, and no page', LOCAL, { host: '127.0.0.1:4400', origin: LOCAL, site: 'none' }],
];

const refused: [string, string, Sent][] = [
  ['another site', LOCAL, { host: '127.0.0.1:4400', origin: 'https://evil.test' }],
  ['no site', LOCAL, { host: '127.0.0.1:4400', origin: 'null' }],
  ['another port', LOCAL, { host: '127.0.0.1:4400', origin: 'http://127.0.0.1:4401' }],
  ['another loopback name', LOCAL, { host: '127.0.0.1:4400', origin: 'http://localhost:4400' }],
  ['https at a server without TLS', LOCAL, { host: '127.0.0.1:4400', origin: 'https://127.0.0.1:4400' }],
  ['another scheme', LOCAL, { host: '127.0.0.1:4400', origin: 'ftp://127.0.0.1:4400' }],
  ['an unknown scheme', LOCAL, { host: '127.0.0.1:4400', origin: 'foo://127.0.0.1:4400', site: 'same-origin' }],
  ['http at a server that speaks TLS', LOCAL, { host: 'app.test', origin: 'http://app.test', overTls: true }],
  ['http of an https public URL', PUBLIC, { host: 'hooks.example.com', origin: 'http://hooks.example.com' }],
  [
    'http of an https public URL, port written out',
    PUBLIC,
    { host: 'hooks.example.com:80', origin: 'http://hooks.example.com' },
  ],
  [
    'http of an https public URL, by the word of the browser',
    PUBLIC,
    { host: 'hooks.example.com', origin: 'http://hooks.example.com', site: 'same-origin' },
  ],
  ['a name that begins like the public one', PUBLIC, { host: 'hooks.example.com', origin: `${PUBLIC}.evil.test` }],
  ['user information', PUBLIC, { host: 'hooks.example.com', origin: 'https://hooks.example.com@evil.test' }],
  ['a path', PUBLIC, { host: 'hooks.example.com', origin: `${PUBLIC}/` }],
  ['two origins', LOCAL, { host: '127.0.0.1:4400', origin: [LOCAL, LOCAL] }],
  ['two origins in one', LOCAL, { host: '127.0.0.1:4400', origin: `${LOCAL}, ${LOCAL}` }],
  [
    'the host that a trusted proxy names, by another scheme',
    LOCAL,
    { host: ['127.0.0.1:4400', 'app.test'], origin: 'http://app.test', overTls: true },
  ],
  [
    'the host that a trusted proxy names, by another port',
    LOCAL,
    { host: ['127.0.0.1:4400', 'app.test'], origin: 'https://app.test:8443', overTls: true },
  ],
  ['two hosts', LOCAL, { host: '127.0.0.1:4400, evil.test', origin: 'http://evil.test' }],
  ['a page of another site', LOCAL, { host: '127.0.0.1:4400', origin: LOCAL, site: 'cross-site' }],
  ['a page of a sibling', PUBLIC, { host: 'hooks.example.com', origin: PUBLIC, site: 'same-site' }],
  ['a page of a site that is not known', LOCAL, { host: '127.0.0.1:4400', origin: LOCAL, site: 'new-word' }],
  ['two words about the site', LOCAL, { host: '127.0.0.1:4400', origin: LOCAL, site: ['same-origin', 'same-origin'] }],
  ['another site, whatever it says', LOCAL, { host: 'app.test', origin: 'https://evil.test', site: 'same-origin' }],
];

test.each(allowed)('a change from %s is allowed', (_, publicUrl, sent) => {
  for (const presence of ['required', 'optional'] as const)
    expect(refusalOf(publicUrl, sent, presence)).toBeUndefined();
});

test.each(refused)('a change from %s is refused', (_, publicUrl, sent) => {
  for (const presence of ['required', 'optional'] as const)
    expect(refusalOf(publicUrl, sent, presence)).toMatchObject({ code: 'FORBIDDEN' });
});

test("without Origin the browser's word about the site counts, and a request with neither is not from a browser", () => {
  const host = '127.0.0.1:4400';
  for (const site of ['cross-site', 'same-site'])
    for (const presence of ['required', 'optional'] as const)
      expect(refusalOf(LOCAL, { host, site }, presence)).toMatchObject({ code: 'FORBIDDEN' });
  expect(refusalOf(LOCAL, { host }, 'optional')).toBeUndefined();
  expect(refusalOf(LOCAL, { host }, 'required')).toMatchObject({ code: 'FORBIDDEN' });
});

test('the refusal of a change from an unknown own site says which option to set', () => {
  const behindTls = refusalOf('http://localhost', { host: 'app.test', origin: 'https://app.test' }, 'required');
  for (const part of [
    'https://app.test',
    'PAGGIO_PUBLIC_URL',
    'publicUrl',
    'PAGGIO_TRUSTED_PROXIES',
    'X-Forwarded-Proto',
  ])
    expect(behindTls?.hint).toContain(part);
  const changed = refusalOf(LOCAL, { host: '127.0.0.1:4400', origin: 'http://localhost:5173' }, 'required');
  for (const part of ['http://localhost:5173', 'Host', 'PAGGIO_PUBLIC_URL']) expect(changed?.hint).toContain(part);
});
