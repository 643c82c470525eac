import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadAssets } from './index';

const directory = join(__dirname, '../dist/web');
const assets = loadAssets();
const page = assets.page('/hooks/dashboard');
const named = [...page.matchAll(/"\/hooks\/dashboard\/assets\/([^"]+)"/g)].map(([, name]) => name as string);

test('the page names its files below the mount path, and each is there', () => {
  expect(page).toContain('<meta name="paggio-mount" content="/hooks/dashboard/" />');
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const name of named) expect(assets.file(name)).toBeDefined();
});

test('the compressed files are the same', () => {
  const names = readdirSync(join(directory, 'assets')).filter((name) => /\.(js|css)$/.test(name));
  for (const name of names) {
    const { body, gzip } = assets.file(name) as { body: Buffer; gzip: Buffer };
    expect(gunzipSync(gzip)).toEqual(body);
    expect(gzip.length).toBeLessThan(body.length);
  }
});

test('nothing but files of the directory is served', () => {
  for (const name of ['../index.html', 'index.html', '', '.', 'constructor', '__proto__', `${named[0] as string}.gz`])
    expect(assets.file(name)).toBeUndefined();
});

test('the policy allows the page: no script or style stands in it', () => {
  expect(page).not.toMatch(/<script(?![^>]* src=)/);
  expect(page).not.toMatch(/<style|style=|\son\w+=/);
});

test('the first load takes no more than 200 kB: page, script, style, and the font of Latin text', () => {
  const style = named.find((name) => name.endsWith('.css')) as string;
  const css = String(assets.file(style)?.body);
  const font = /jetbrains-mono-latin-wght-normal-[\w-]+\.woff2/.exec(css)?.[0] as string;
  const script = named.find((name) => name.endsWith('.js')) as string;
  // What it imports at once would be loaded at once.
  expect(String(assets.file(script)?.body)).not.toMatch(/^import[^(]/m);
  const sizes = [...named, font].map((name) => {
    const { body, gzip } = assets.file(name) as { body: Buffer; gzip: Buffer | null };
    return (gzip ?? body).length;
  });
  const total = sizes.reduce((sum, size) => sum + size, gzipSync(page).length);
  expect(total).toBeLessThan(200_000);
});

test('the licences of what is bundled go with it', () => {
  const licences = readFileSync(join(directory, 'licenses.md'), 'utf8');
  for (const name of ['react-dom', 'wouter', 'cmdk', 'jetbrains-mono']) expect(licences).toContain(name);
});

test('pages that were not built are told in plain words', () => {
  expect(() => loadAssets('/nowhere')).toThrow(/npm run build/);
});
