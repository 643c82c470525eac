// Asks the registry for known vulnerabilities of the packages that users install. Fails for level high or above. If the
// registry does not answer, this says so loudly and does not fail, because a mirror or a machine without a network must
// not stop a change.
//   node scripts/audit.mjs [folder with a package-lock.json]
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { root } from './prepare.mjs';

const folder = resolve(process.argv[2] ?? root);
const { stdout, stderr, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: folder,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  timeout: 180_000,
  shell: process.platform === 'win32',
});

function fail(text) {
  console.error(text);
  process.exit(1);
}

let report;
try {
  report = JSON.parse(stdout);
} catch {
  fail(`npm audit gave no report: ${error?.message ?? stderr.trim()}`);
}

const counts = report.metadata?.vulnerabilities;
if (counts) {
  const severe = Object.values(report.vulnerabilities).filter(({ severity }) => /^(high|critical)$/.test(severity));
  if (severe.length > 0) {
    const list = severe.map(({ name, severity, range, via }) => {
      const titles = via.map((one) => (typeof one === 'string' ? `through ${one}` : `${one.title} (${one.url})`));
      return `  ${name} ${range}, ${severity}: ${titles.join('; ')}`;
    });
    fail(`Known vulnerabilities of level high or above:\n${list.join('\n')}`);
  }
  console.log(`npm audit: none of level high or above, ${counts.moderate + counts.low + counts.info} below`);
} else if (/audit endpoint returned an error/.test(stderr)) {
  const line = '!'.repeat(80);
  const reason = report.message || report.error?.summary || 'no reason given';
  console.warn(
    `${line}\nKnown vulnerabilities were NOT checked: the registry did not answer.\n  ${reason}\n` +
      `Run this where it does: npm audit --omit=dev\n${line}`,
  );
} else {
  fail(`npm audit failed: ${report.error?.summary ?? report.message ?? stderr.trim()}`);
}
