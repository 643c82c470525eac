import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(__dirname, '../../..');
export const work = join(__dirname, '../.work');

/** The published packages. Each comes after its dependencies. */
export const packages = [
  'providers',
  'core',
  'dashboard',
  'http',
  'express',
  'koa',
  'nestjs',
  'client',
  'cli',
] as const;

/**
 * Packs the built packages. Returns the paths of the tarballs.
 * @param name a folder for the tarballs, because suites run at the same time
 */
export function pack(name: string): string[] {
  const to = join(work, 'tarballs', name);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  // From outside of the workspace, npm does not read all that is installed in it for each package.
  const folders = packages.map((name) => join(root, 'packages', name));
  npm(tmpdir(), ['pack', '--silent', '--ignore-scripts', '--pack-destination', to, ...folders]);
  return readdirSync(to).map((file) => join(to, file));
}

export function npm(cwd: string, args: readonly string[]): void {
  const shell = process.platform === 'win32';
  execFileSync('npm', args, { cwd, shell, stdio: ['ignore', 'ignore', 'inherit'] });
}
