import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { addFormat, compile, writeConsumer } from './consumer';
import { pack, packages, root } from './packages';
import { describeConsumer } from './testing/consumer-host';

// The newest versions of two hosts, one in each module format, without a network. `npm run check:full` has all of them.
let tarballs: string[];
/** The main files of the consumers. */
let consumers: { nest: string; express: string };

beforeAll(() => {
  tarballs = pack('consumers');
  consumers = createConsumers();
}, 300_000);

function createConsumers(): { nest: string; express: string } {
  // An app on Node may leave out the types of browsers. They are a third of what the compiler reads.
  const input = { tarballs, install: null, name: 'both-formats', format: 'esm', lib: ['es2022'] } as const;
  const folder = writeConsumer(input, ['nest.ts', 'nest-express.ts']);
  addFormat(folder, 'commonjs', ['express.ts']);
  // The hosts do not import all packages.
  const all = packages
    .map((name, n) => `import * as package${n} from '@paggio/${name}';\nvoid package${n};\n`)
    .join('');
  for (const source of ['src/all.ts', 'src/commonjs/all.ts']) writeFileSync(join(folder, source), all);
  compile(folder);
  return { nest: join(folder, 'dist/nest-express.js'), express: join(folder, 'dist/commonjs/express.js') };
}

describeConsumer('packed: Nest on Express as ES modules', { main: () => consumers.nest });

describeConsumer('packed: Express as CommonJS', { main: () => consumers.express, mount: '/hooks' });

const isFull = process.env['PAGGIO_FULL'] === '1';

interface Verdict {
  publint: object[];
  types: object;
  problems: object[];
}

/**
 * Runs two tools that are ES modules, which Jest cannot load. Are The Types Wrong takes seconds, most of them to load its
 * own TypeScript. Without it, both consumers, one in each module format, are compiled against the types of every package,
 * and the test of named files finds what they lack.
 */
function judge(tarballs: readonly string[]): Record<string, Verdict> {
  const script = `
    import { readFileSync } from 'node:fs';
    import { publint } from 'publint';
    const attw = ${isFull} ? await import('@arethetypeswrong/core') : undefined;
    const verdicts = {};
    for (const file of ${JSON.stringify(tarballs)}) {
      const bytes = readFileSync(file);
      const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      const { messages } = await publint({ pack: { tarball }, strict: true });
      verdicts[file] = { publint: messages, types: { kind: 'included' }, problems: [] };
      if (!attw) continue;
      const { types, problems } = await attw.checkPackage(attw.createPackageFromTarballData(bytes));
      Object.assign(verdicts[file], { types, problems });
    }
    console.log(JSON.stringify(verdicts));
  `;
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: root });
  return JSON.parse(text.toString()) as Record<string, Verdict>;
}

test('publint and Are The Types Wrong find nothing in any package', () => {
  expect(tarballs.map((file) => basename(file)).sort()).toEqual(
    packages.map((name) => `paggio-${name}-0.1.0.tgz`).sort(),
  );
  for (const [file, verdict] of Object.entries(judge(tarballs)))
    expect([file, verdict]).toEqual([file, { publint: [], types: { kind: 'included' }, problems: [] }]);
}, 120_000);

test('every file that a file of a package names is in the package', () => {
  const folder = join(consumers.nest, '../../node_modules/@paggio');
  for (const name of packages) {
    const own = join(folder, name);
    const files = readdirSync(own, { recursive: true, encoding: 'utf8' });
    const has = new Set(files.map((file) => join(own, file)));
    const sources = files.filter((file) => /^dist\/(?!web\/).*(\.d\.ts|\.js)$/.test(file));
    expect([name, sources.length]).not.toEqual([name, 0]);
    for (const file of sources) {
      const text = readFileSync(join(own, file), 'utf8');
      const named = [...text.matchAll(/(?:\bfrom |\bimport |\brequire\(|\bimport\()['"](\.[^'"]*)['"]/g)];
      const endings = file.endsWith('.js') ? ['', '.js', '/index.js'] : ['.d.ts', '/index.d.ts'];
      const lacking = named
        .map((match) => match[1] as string)
        .filter((to) => !endings.some((ending) => has.has(join(own, file, '..', to.replace(/\.js$/, '')) + ending)));
      expect([name, file, lacking]).toEqual([name, file, []]);
    }
  }
});

test('packages depend on exactly the version that the others have', () => {
  for (const name of packages) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      version: string;
      dependencies?: Record<string, string>;
    };
    const own = Object.entries(manifest.dependencies ?? {}).filter(([one]) => one.startsWith('@paggio/'));
    expect([name, own.every(([, version]) => version === manifest.version)]).toEqual([name, true]);
  }
});

test('the packed dashboard contains its pages and their licences, but no sources or pictures', () => {
  const tarball = tarballs.find((file) => file.includes('paggio-dashboard')) as string;
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const names = files.map((file) => file.replace('package/', '').replace(/-[\w-]{8}\./, '.'));
  for (const name of ['index.html', 'licenses.md', 'assets/index.js', 'assets/index.js.gz', 'assets/index.css'])
    expect(names).toContain(`dist/web/${name}`);
  expect(
    names.filter((name) => !/^(dist\/(web\/|(index|assets)\.)|package\.json$|README\.md$|LICENSE$)/.test(name)),
  ).toEqual([]);
  // An installation of the package installs nothing that it was built from.
  const description = readFileSync(join(root, 'packages/dashboard/package.json'), 'utf8');
  expect(JSON.parse(description)).not.toHaveProperty('dependencies');
});
