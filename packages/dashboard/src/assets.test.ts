import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadAssets } from './index';

const directory = join(__dirname, '../dist/web');
const assets = loadAssets();
const page = assets.page('/hooks/dashboard');
const named = [...page.matchAll(/"\/hooks\/dashboard\/assets\/([^"]+)"/g)].map(([, name]) => name as string);

test('the page names its files below the mount path, and all of them exist', () => {
  expect(page).toContain('<meta name="paggio-mount" content="/hooks/dashboard/" />');
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const name of named) expect(assets.file(name)).toBeDefined();
});

test('the compressed files have the same content', () => {
  const names = readdirSync(join(directory, 'assets')).filter((name) => /\.(js|css)$/.test(name));
  for (const name of names) {
    const { body, gzip } = assets.file(name) as { body: Buffer; gzip: Buffer };
    expect(gunzipSync(gzip)).toEqual(body);
    expect(gzip.length).toBeLessThan(body.length);
  }
});

test('only files of the directory are served', () => {
  for (const name of ['../index.html', 'index.html', '', '.', 'constructor', '__proto__', `${named[0] as string}.gz`])
    expect(assets.file(name)).toBeUndefined();
});

test('the content security policy allows the page, because it contains no script or style', () => {
  expect(page).not.toMatch(/<script(?![^>]* src=)/);
  expect(page).not.toMatch(/<style|style=|\son\w+=/);
});

test('the first load is at most 200 kB: page, script, style, and the font for Latin text', () => {
  const style = named.find((name) => name.endsWith('.css')) as string;
  const css = String(assets.file(style)?.body);
  const font = /jetbrains-mono-latin-wght-normal-[\w-]+\.woff2/.exec(css)?.[0] as string;
  const script = named.find((name) => name.endsWith('.js')) as string;
  // Anything it imports at the top would be part of the first load.
  expect(String(assets.file(script)?.body)).not.toMatch(/^import[^(]/m);
  const sizes = [...named, font].map((name) => {
    const { body, gzip } = assets.file(name) as { body: Buffer; gzip: Buffer | null };
    return (gzip ?? body).length;
  });
  const total = sizes.reduce((sum, size) => sum + size, gzipSync(page).length);
  expect(total).toBeLessThan(200_000);
});

test('the licences of bundled packages are included', () => {
  const licences = readFileSync(join(directory, 'licenses.md'), 'utf8');
  for (const name of ['react-dom', 'wouter', 'cmdk', 'jetbrains-mono']) expect(licences).toContain(name);
});

test('pages that were not built are a clear error', () => {
  expect(() => loadAssets('/nowhere')).toThrow(/npm run build/);
});
