import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConsumer } from './consumer';
import { pack, root } from './packages';
import { describeConsumer } from './testing/consumer-host';

// The newest of two hosts, one in each format, without a network. `npm run check:full` has all of them.
let tarballs: string[] | undefined;
const packed = (): string[] => (tarballs ??= pack('consumers'));

describeConsumer('packed: Nest on Express as ES modules', {
  main: () => {
    const input = { name: 'nest-esm', format: 'esm', tarballs: packed(), install: null } as const;
    return join(createConsumer(input, ['nest.ts', 'nest-express.ts']), 'dist/nest-express.js');
  },
});

describeConsumer('packed: Express as CommonJS', {
  main: () => {
    const input = { name: 'express-commonjs', format: 'commonjs', tarballs: packed(), install: null } as const;
    return join(createConsumer(input, ['express.ts']), 'dist/express.js');
  },
  mount: '/hooks',
});

test('the packed dashboard has its pages and their licences, and neither sources nor pictures', () => {
  const tarball = packed().find((file) => file.includes('paggio-dashboard')) as string;
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const names = files.map((file) => file.replace('package/', '').replace(/-[\w-]{8}\./, '.'));
  for (const name of ['index.html', 'licenses.md', 'assets/index.js', 'assets/index.js.gz', 'assets/index.css'])
    expect(names).toContain(`dist/web/${name}`);
  expect(
    names.filter((name) => !/^(dist\/(web\/|(index|assets)\.)|package\.json$|README\.md$|LICENSE$)/.test(name)),
  ).toEqual([]);
  // Whoever installs it installs none of what it was built from.
  const description = readFileSync(join(root, 'packages/dashboard/package.json'), 'utf8');
  expect(JSON.parse(description)).not.toHaveProperty('dependencies');
});
