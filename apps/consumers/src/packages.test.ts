import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pack, packages, root } from './packages';

interface Verdict {
  publint: object[];
  types: object;
  problems: object[];
}

/** Both tools are ES modules, which Jest cannot load. */
function judge(tarballs: readonly string[]): Record<string, Verdict> {
  const script = `
    import { readFileSync } from 'node:fs';
    import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
    import { publint } from 'publint';
    const verdicts = {};
    for (const file of ${JSON.stringify(tarballs)}) {
      const bytes = readFileSync(file);
      const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
      const { messages } = await publint({ pack: { tarball }, strict: true });
      const { types, problems } = await checkPackage(createPackageFromTarballData(bytes));
      verdicts[file] = { publint: messages, types, problems };
    }
    console.log(JSON.stringify(verdicts));
  `;
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: root });
  return JSON.parse(text.toString()) as Record<string, Verdict>;
}

test('publint and Are The Types Wrong find nothing in any package', () => {
  const tarballs = pack('judged');
  expect(tarballs.map((file) => basename(file)).sort()).toEqual(
    packages.map((name) => `paggio-${name}-0.1.0.tgz`).sort(),
  );
  for (const [file, verdict] of Object.entries(judge(tarballs)))
    expect([file, verdict]).toEqual([file, { publint: [], types: { kind: 'included' }, problems: [] }]);
}, 120_000);

test('packages depend on each other in the very version that they have', () => {
  for (const name of packages) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      version: string;
      dependencies?: Record<string, string>;
    };
    const own = Object.entries(manifest.dependencies ?? {}).filter(([one]) => one.startsWith('@paggio/'));
    expect([name, own.every(([, version]) => version === manifest.version)]).toEqual([name, true]);
  }
});
