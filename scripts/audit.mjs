// Asks the registry for known vulnerabilities of the packages that users install. Fails for level high or above. If the
// registry does not answer, this says so loudly and does not fail, because a mirror or a machine without a network must
// not stop a change.
//   node scripts/audit.mjs [folder with a package-lock.json]
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { verdictOf } from './audit-verdict.js';
import { root } from './prepare.mjs';

const run = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: resolve(process.argv[2] ?? root),
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  timeout: 180_000,
  shell: process.platform === 'win32',
});
const { code, print, text } = verdictOf(run);
console[print](text);
process.exitCode = code;
