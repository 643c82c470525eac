// Part of npm run check: checks the messages of the commits since the newest version tag, or since main if no tag
// exists. Merges do not count. Without Git or without that history (a shallow clone, an archive), it says so and
// passes.
import { spawnSync } from 'node:child_process';
import { root } from '../prepare.mjs';
import { problemsOf, scopes } from './message.js';

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

const tag = git('describe', '--tags', '--abbrev=0', '--match', 'v[0-9]*');
const base = tag ?? ['origin/main', 'main'].find((name) => git('rev-parse', '--verify', '--quiet', name) !== undefined);
const log = base && git('log', '--no-merges', '--format=%h%n%B%x00', `${base}..HEAD`);
if (log === undefined) {
  console.log('Commit messages were not checked: there is no version tag and no branch main here.');
} else {
  const commits = log
    .split('\0')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const allowed = scopes(root);
  let failures = 0;
  for (const commit of commits) {
    const [hash, ...lines] = commit.split('\n');
    for (const problem of problemsOf(lines.join('\n'), allowed)) {
      failures++;
      console.error(`${hash} ${lines[0]}\n  ${problem}`);
    }
  }
  if (failures > 0) process.exit(1);
  console.log(`Commit messages: ${commits.length} since ${base} are in order.`);
}
