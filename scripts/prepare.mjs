// Prepares a fresh clone to run: installs the locked dependencies, then builds what has changed. It uses plain Node,
// because nothing else is installed yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { isInstalled } from './installed.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** TypeScript 7 compiles five times as fast. Version 6 stays installed for what needs its API, such as ESLint. */
export const compiler = 'node_modules/typescript-7/bin/tsc';

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
  // --include, because NODE_ENV=production would leave out packages that the build needs.
  run('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']);
}

/**
 * Compiles the packages and bundles the server, and bundles the dashboard's pages at the same time, because neither
 * needs the other.
 * @param projects folders of packages, which are built with their dependencies; the server is one. Default: all
 */
export async function build(...projects) {
  const codes = await Promise.all([compile(projects), buildPages()]);
  const failed = codes.find((code) => code !== 0);
  if (failed !== undefined) process.exit(failed);
}

async function compile(projects) {
  return (await beside(compiler, ['-b', ...projects])) || beside('apps/server/bundle.mjs', []);
}

/** Runs a script of this repository without blocking this process. Resolves with its exit code. */
async function beside(script, args, cwd = root) {
  const child = spawn(process.execPath, [join(root, script), ...args], { cwd, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

/**
 * Builds the dashboard's pages. Vite always builds everything, so it runs only when the sources have changed. Resolves
 * with the exit code.
 */
async function buildPages() {
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
  if (existsSync(page) && existsSync(madeFrom) && readFileSync(madeFrom, 'utf8') === made) return 0;
  const vite = join('packages/dashboard', 'node_modules/vite/bin/vite.js');
  const args = ['build', '--config', 'web/vite.config.mjs', '--logLevel', 'warn'];
  const code = await beside(vite, args, join(root, 'packages/dashboard'));
  if (code === 0) writeFileSync(madeFrom, made);
  return code;
}
