// npm run check: everything a change has to pass. --full adds what is too long for every day: more random runs, packed
// consumers of every host and version from the registry, the quick mode of the ledger, the registry's known
// vulnerabilities, and the tests on the other versions of Node.
import { createRequire } from 'node:module';
import { build, install, node, root, run } from './prepare.mjs';

const require = createRequire(import.meta.url);

const full = process.argv.includes('--full');
install();
node('scripts/check-lockfile.mjs');
node('scripts/commits/check.mjs');
node('node_modules/prettier/bin/prettier.cjs', ['--check', '.', '--log-level=warn']);
await build();
node('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.test.json']);
node('node_modules/typescript/bin/tsc', ['-p', 'packages/dashboard/web/tsconfig.json']);
node('scripts/docs-examples/check.mjs');
node('scripts/lint.mjs');
node('scripts/acceptance.mjs', ['--check']);
run(process.execPath, ['node_modules/jest/bin/jest.js'], {
  cwd: root,
  env: { ...process.env, ...(full ? { PAGGIO_FULL: '1' } : {}) },
  shell: false,
});

if (full) {
  // Alone, because it judges times.
  node('apps/ledger/dist/main.js', ['--quick'], ['--max-old-space-size=8192']);
  node('scripts/audit.mjs');
  const { nodeBinary, nodeVersions } = require('../apps/consumers/dist/nodes.js');
  for (const version of nodeVersions) {
    const binary = nodeBinary(version);
    if (binary !== process.execPath) run(binary, ['node_modules/jest/bin/jest.js'], { shell: false });
  }
}
