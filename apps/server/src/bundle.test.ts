import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleToMake, currentBundle, isInstrumented, type Bundle } from './bundle';
import { MAIN } from './testing/server-process';

/** Loads the built server far enough that it complains about its environment. */
function load(...flags: string[]): { modules: number; rejected: boolean; errors: string } {
  const program = `
    const { currentBundle } = require('./bundle.js');
    const rejected = currentBundle().compile().cachedDataRejected;
    require('./main.js').main().then(() => console.log(JSON.stringify({ modules: Object.keys(require.cache).length, rejected })));`;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', program], {
    cwd: dirname(MAIN),
    env: { PORT: 'none' },
    encoding: 'utf8',
  });
  return { ...(JSON.parse(stdout) as { modules: number; rejected: boolean }), errors: stderr };
}

test('the built server starts from its bundle, with the code that V8 has made of it', () => {
  const { modules, rejected, errors } = load();
  expect(errors).toContain('PORT');
  expect(rejected).toBe(false);
  // main.js and bundle.js
  expect(modules).toBe(2);
});

test.each([
  [['--require', './tracing.js'], '', true],
  [['-r', './tracing.js'], '', true],
  [['--import=./tracing.mjs'], '', true],
  [[], '--max-old-space-size=300 --import ./tracing.mjs', true],
  [[], '--experimental-loader=./loader.mjs', true],
  [['--experimental_loader', './loader.mjs'], '', true],
  [['--disable-warning=ExperimentalWarning'], '--max-old-space-size=300', false],
  [[], '', false],
])('flags %j and NODE_OPTIONS "%s" count as instrumentation: %s', (flags, variable, is) => {
  expect(isInstrumented(flags, variable)).toBe(is);
});

describe('a bundle', () => {
  const root = mkdtempSync(join(tmpdir(), 'paggio-bundle-'));
  const server = join(root, 'apps/server');
  const library = join(root, 'packages/core');
  const parts = [
    join(root, 'package-lock.json'),
    join(server, 'bundle.mjs'),
    join(server, 'dist/.tsbuildinfo'),
    join(library, 'dist/.tsbuildinfo'),
  ];

  beforeAll(() => {
    for (const part of parts) {
      mkdirSync(dirname(part), { recursive: true });
      writeFileSync(part, 'first');
    }
    writeFileSync(join(server, 'package.json'), '{ "dependencies": { "@paggio/core": "*", "pg": "*" } }');
    writeFileSync(join(library, 'package.json'), '{}');
  });
  afterAll(() => rmSync(root, { recursive: true }));

  function make(): void {
    const { source } = bundleToMake(root) as Bundle;
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, '');
  }

  test('is used only once it has been made', () => {
    expect(currentBundle(root)).toBeUndefined();
    make();
    expect(currentBundle(root)).toBeDefined();
  });

  test.each(parts.map((part) => [part.slice(root.length), part]))('is out of date once %s has changed', (_, part) => {
    make();
    appendFileSync(part, 'changed');
    expect(currentBundle(root)).toBeUndefined();
  });

  test('cannot be made of packages that have not been compiled', () => {
    rmSync(join(library, 'dist/.tsbuildinfo'));
    expect(bundleToMake(root)).toBeUndefined();
  });
});
