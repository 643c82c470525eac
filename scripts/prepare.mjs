// Brings a fresh clone to the point where it can run: dependencies as locked, then a build of what changed. Plain Node,
// because nothing else is installed yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { isInstalled } from './installed.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

export function run(command, args, options = {}) {
  // On Windows npm is a script and needs a shell.
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

export function node(script, args = [], flags = []) {
  run(process.execPath, [...flags, join(root, script), ...args], { shell: false });
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Paggio needs Node 20.19 or newer; this is ${process.versions.node}.\n  Get one from https://nodejs.org.`,
  );
  process.exit(1);
}

export function install() {
  checkNode();
  if (isInstalled(root)) return;
  console.log('Installing dependencies (once) ...');
  // --include: a NODE_ENV of production would leave out what the build needs.
  run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
}

export function build(...projects) {
  node('node_modules/typescript/bin/tsc', ['-b', ...projects]);
  buildPages();
}

/** The dashboard's pages. Vite builds everything each time, so it is asked only when what they are made of has changed. */
function buildPages() {
  const sources = join(root, 'packages/dashboard/web');
  const hash = createHash('sha256');
  const files = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const shared = [
    'packages/client/src/api.ts',
    'packages/client/src/event-stream.ts',
    'packages/client/src/server-tag.ts',
    'packages/providers/src/closest.ts',
    'package-lock.json',
  ];
  for (const file of [...files, ...shared.map((path) => join(root, path))])
    hash.update(file.slice(root.length)).update(readFileSync(file));
  const made = hash.digest('hex');
  const madeFrom = join(root, 'packages/dashboard/dist/web.hash');
  const page = join(root, 'packages/dashboard/dist/web/index.html');
  if (existsSync(page) && existsSync(madeFrom) && readFileSync(madeFrom, 'utf8') === made) return;
  run('npm', ['run', '--silent', 'build', '-w', '@paggio/dashboard']);
  writeFileSync(madeFrom, made);
}
