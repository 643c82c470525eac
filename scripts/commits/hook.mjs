// The commit-msg hook (.githooks/commit-msg): refuses a message that does not have the form of this repository.
// Messages that Git makes itself, and those that a rebase will squash, pass.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problemsOf, scopes } from './message.js';

const message = readFileSync(process.argv[2], 'utf8');
const problems = /^(Merge |Revert "|(fixup|squash|amend)! )/.test(message)
  ? []
  : problemsOf(message, scopes(fileURLToPath(new URL('../..', import.meta.url))));
if (problems.length > 0) {
  console.error(['The commit message is refused:', ...problems.map((problem) => `- ${problem}`)].join('\n'));
  console.error('See "Commits" in CONTRIBUTING.md. Git keeps the text in .git/COMMIT_EDITMSG.');
  process.exit(1);
}
