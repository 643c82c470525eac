import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Something that a test installs from a registry. */
export interface Recipe {
  /** The path below the cache folder, without the hash of the versions. */
  name: string;
  /** Files that decide what is installed. If one changes, everything is installed again. */
  pinned: readonly string[];
  /** Programs that must be installed already. */
  needs: readonly string[];
  /** Steps that fill the folder, each a program with its arguments. */
  steps: (cache: string) => readonly (readonly [string, readonly string[]])[];
}

/**
 * Installs into a cache folder of the user, outside the repository, once for each set of versions.
 * @returns the folder; or `missing`, which says why the installation is not possible here, such as a missing program
 */
export function install({ name, pinned, needs, steps }: Recipe): { cache: string } | { missing: string } {
  const lacking = needs.find((program) => spawnSync(program, ['--version']).error !== undefined);
  if (lacking !== undefined) return { missing: `${lacking} is not installed` };
  const versions = createHash('sha256');
  for (const file of pinned) versions.update(readFileSync(file));
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const cache = join(base, 'paggio', `${name}-${versions.digest('hex').slice(0, 16)}`);
  const done = join(cache, 'installed');
  if (existsSync(done)) return { cache };
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  for (const [program, args] of steps(cache)) {
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 30 * 60_000 });
    if (status === 0) continue;
    const why = error?.message ?? stderr.trim().split('\n').slice(-3).join(' ');
    return { missing: `${program} failed: ${why}` };
  }
  writeFileSync(done, '');
  return { cache };
}

/** Makes a virtual environment of Python and installs `requirements.txt` with `constraints.txt` of a folder into it. */
export function pythonSteps(cache: string, source: string): (readonly [string, readonly string[]])[] {
  return [
    ['python3', ['-m', 'venv', join(cache, 'venv')]],
    [
      join(cache, 'venv/bin/pip'),
      [
        ...['install', '--quiet', '--prefer-binary', '--disable-pip-version-check'],
        ...['-r', join(source, 'requirements.txt'), '-c', join(source, 'constraints.txt')],
      ],
    ],
  ];
}
