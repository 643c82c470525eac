// npm run check: everything that a change has to pass. --full adds what takes too long for every day: more random runs,
// apps with the packed packages for every host and version, the quick mode of the ledger, known vulnerabilities, and
// the tests on the other versions of Node.
import { createRequire } from 'node:module';
import { build, compiler, install, node, root, run } from './prepare.mjs';

const require = createRequire(import.meta.url);

const full = process.argv.includes('--full');
install();
node('scripts/check-lockfile.mjs');
node('scripts/commits/check.mjs');
node('node_modules/prettier/bin/prettier.cjs', ['--check', '.', '--log-level=warn']);
await build();
node(compiler, ['-p', 'tsconfig.test.json']);
node(compiler, ['-p', 'packages/dashboard/web/tsconfig.json']);
node('scripts/docs-examples/check.mjs');
node('scripts/prose/check.mjs');
node('node_modules/cspell/bin.mjs', ['lint', '--no-progress', '--no-summary', '--show-suggestions']);
node('scripts/lint.mjs');
node('scripts/acceptance.mjs', ['--check']);
run(process.execPath, ['node_modules/jest/bin/jest.js'], {
  cwd: root,
  env: { ...process.env, ...(full ? { PAGGIO_FULL: '1' } : {}) },
  shell: false,
});

if (full) {
  // The ledger runs alone, because it judges times.
  node('apps/ledger/dist/main.js', ['--quick'], ['--max-old-space-size=8192']);
  node('scripts/audit.mjs');
  const { nodeBinary, nodeVersions } = require('../apps/consumers/dist/nodes.js');
  for (const version of nodeVersions) {
    const binary = nodeBinary(version);
    if (binary !== process.execPath) run(binary, ['node_modules/jest/bin/jest.js'], { shell: false });
  }
}
