// Runs after npm install (the script "prepare"). It tells Git to take its hooks from .githooks, in this clone only.
// Outside a clone or without Git it does nothing. It never fails an installation.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });

// If the user has set hooks of their own, they stay.
if (existsSync(join(root, '.git')) && git('config', '--get', 'core.hooksPath').stdout?.trim() === '')
  git('config', '--local', 'core.hooksPath', '.githooks');
