import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

test('every changeset names published packages, how their versions change, and what users notice', () => {
  const published = readdirSync(join(root, 'packages')).map((name) => `@paggio/${name}`);
  const wrong = readdirSync(join(root, '.changeset')).filter((name) => {
    if (!name.endsWith('.md') || name === 'README.md') return false;
    const [, head = '', text = ''] =
      /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(join(root, '.changeset', name), 'utf8')) ?? [];
    const lines = head.split('\n').map((line) => /^['"](@paggio\/[a-z-]+)['"]: (?:patch|minor|major)$/.exec(line)?.[1]);
    return text.trim() === '' || !lines.every((named) => named !== undefined && published.includes(named));
  });
  expect(wrong).toEqual([]);
  expect(existsSync(join(root, '.changeset/config.json'))).toBe(true);
});
