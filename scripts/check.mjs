// npm run check: everything a change has to pass. --full adds what is too long for every day.
import { build, install, node, root, run } from './prepare.mjs';

const full = process.argv.includes('--full');
install();
node('scripts/check-lockfile.mjs');
node('node_modules/prettier/bin/prettier.cjs', ['--check', '.', '--log-level=warn']);
build();
node('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.test.json']);
node('scripts/lint.mjs');
run(process.execPath, ['node_modules/jest/bin/jest.js'], {
  cwd: root,
  env: { ...process.env, ...(full ? { PAGGIO_FULL: '1' } : {}) },
  shell: false,
});
