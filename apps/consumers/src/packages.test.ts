import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, root } from './packages';

// Both tools are ES modules, which Jest cannot load.
function judge(script: string): unknown {
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: root });
  return JSON.parse(text.toString());
}

test.each(packages)('%s is packed as publint and Are The Types Wrong want it', (name) => {
  const folder = join(root, 'packages', name);
  expect(
    judge(`
      import { publint } from 'publint';
      const { messages } = await publint({ pkgDir: ${JSON.stringify(folder)}, strict: true });
      console.log(JSON.stringify(messages));
    `),
  ).toEqual([]);
  expect(
    judge(`
      import { execFileSync } from 'node:child_process';
      import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      import { join } from 'node:path';
      import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
      const to = mkdtempSync(join(tmpdir(), 'paggio-pack-'));
      const shell = process.platform === 'win32';
      const [{ filename }] = JSON.parse(
        execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', to], {
          cwd: ${JSON.stringify(folder)}, shell, stdio: ['ignore', 'pipe', 'ignore'],
        }).toString());
      const { types, problems } = await checkPackage(createPackageFromTarballData(readFileSync(join(to, filename))));
      rmSync(to, { recursive: true });
      console.log(JSON.stringify({ types, problems }));
    `),
  ).toEqual({ types: { kind: 'included' }, problems: [] });
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, object>;
  // A person who installs it gets it all at once: what it needs of Paggio has its version.
  for (const [dependency, version] of Object.entries(manifest['dependencies'] ?? {}))
    if (dependency.startsWith('@paggio/')) expect(version).toBe(manifest['version']);
});
