// Fails when package-lock.json lacks an entry for a platform package that a dependency lists as optional. npm leaves
// such entries out silently when a registry does not have all packages of a release, and `npm ci` then fails on those
// platforms. Also refuses entries without integrity, and sources by git or plain http.
import { readFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const problems = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    const parents = path.split('node_modules/');
    const found = parents.some((_, depth) => {
      const base = parents.slice(0, parents.length - depth).join('node_modules/');
      return lock.packages[`${base ? `${base.replace(/\/$/, '')}/` : ''}node_modules/${name}`];
    });
    if (!found && !lock.packages[`node_modules/${name}`]) problems.push(`${path}: optional ${name} has no entry`);
  }
  const external = path.startsWith('node_modules/') && !entry.link;
  if (external && !entry.inBundle && !entry.integrity) problems.push(`${path}: no integrity`);
  if (external && entry.resolved && !entry.resolved.startsWith('https://')) {
    problems.push(`${path}: resolved from something other than a registry`);
  }
}
if (problems.length > 0) {
  console.error(`package-lock.json is not portable:\n  ${problems.slice(0, 20).join('\n  ')}`);
  process.exit(1);
}
console.log(`package-lock.json: ${Object.keys(lock.packages).length} entries, every platform package present`);
