import { PublicAddress } from './public-address';

test('an address is made of the public URL and the mount path', () => {
  const address = new PublicAddress('https://hooks.example.com', null);
  expect([address.mountPath, address.publicPath, address.baseUrl]).toEqual(['', '', 'https://hooks.example.com']);
  address.mountedAt('/gateway');
  expect([address.mountPath, address.publicPath]).toEqual(['/gateway', '']);
  expect([address.baseUrl, address.webhookBase]).toEqual(Array(2).fill('https://hooks.example.com/gateway'));
});

test.each([
  ['https://a.example', '/hooks', ''],
  ['https://a.example/', '/hooks', ''],
  ['https://a.example/hooks', '/hooks', ''],
  ['https://a.example/proxy', '/hooks', '/proxy'],
  ['https://a.example/proxy/', '/hooks', '/proxy'],
  ['https://a.example//proxy//', '/hooks', '/proxy'],
  ['https://a.example/proxy/hooks', '/hooks', '/proxy'],
])('a proxy in front of %s with Paggio at %s removes "%s"', (publicUrl, mountPath, removed) => {
  const address = new PublicAddress(publicUrl, null);
  address.mountedAt(mountPath);
  expect([address.publicPath, address.baseUrl]).toEqual([removed, `https://a.example${removed}${mountPath}`]);
});

test('webhook URLs use the ingest URL, and the dashboard does not', () => {
  const address = new PublicAddress('https://a.example/proxy', 'https://in.example');
  address.mountedAt('/hooks');
  expect(address.webhookBase).toBe('https://in.example/hooks');
  expect(address.baseUrl).toBe('https://a.example/proxy/hooks');
});

test('a new public URL replaces the origin of the old one and keeps the other own origins', () => {
  const address = new PublicAddress('http://localhost', 'https://in.example');
  address.listeningAt('http://127.0.0.1:4400/x');
  expect([...address.ownOrigins]).toEqual(['http://localhost', 'https://in.example', 'http://127.0.0.1:4400']);
  expect(address.isOverTls).toBe(false);
  address.publishedAt('https://a.example/');
  expect([...address.ownOrigins]).toEqual(['https://in.example', 'http://127.0.0.1:4400', 'https://a.example']);
  expect([address.baseUrl, address.isOverTls]).toEqual(['https://a.example', true]);
});
