import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

function pages(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  const workspaces = ['packages', 'apps'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => join(kind, name)),
  );
  return ['.', 'docs', 'docs/decisions', 'docs/providers', 'docs/recipes', ...workspaces].flatMap(inFolder);
}

/** Markdown without its fenced code, where a bracket or a hash sign means something else. */
function proseOf(path: string): string {
  return readFileSync(join(root, path), 'utf8').replace(/^( *)(```+)[^]*?^\1\2/gm, '');
}

/** The anchors of headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const headings = [...proseOf(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('every link of the documentation leads to an existing file and heading', () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of pages()) {
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor))
        broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(200);
});

test('every file of the project that the documentation names exists', () => {
  const missing = pages().flatMap((page) =>
    [...proseOf(page).matchAll(/`((?:apps|packages|scripts|docs)\/[\w./-]+\.(?:ts|tsx|mjs|sql|md|json))`/g)]
      .map(([, path = '']) => path)
      .filter((path) => !path.includes('/dist/') && !existsSync(join(root, path)))
      .map((path) => `${page}: ${path}`),
  );
  expect(missing).toEqual([]);
});

test('the page on the architecture names every room of core', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const rooms = readdirSync(join(root, 'packages/core/src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['testing', '__snapshots__'].includes(entry.name))
    .map(({ name }) => name);
  expect(rooms.filter((room) => !page.includes(`\`${room}\``))).toEqual([]);
  expect(rooms.length).toBeGreaterThan(15);
});
