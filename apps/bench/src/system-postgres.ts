import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Debian and its relatives have one directory per version there. */
const BASE = '/usr/lib/postgresql';
const OLDEST = 14;

/**
 * Finds the newest PostgreSQL that the system's packages have installed.
 * @returns the folder of its programs; undefined without a version that Paggio supports
 */
export function systemPostgres(): string | undefined {
  if (!existsSync(BASE)) return undefined;
  const versions = readdirSync(BASE).sort((a, b) => Number(b) - Number(a));
  return versions
    .filter((version) => Number(version) >= OLDEST)
    .map((version) => join(BASE, version, 'bin'))
    .find((programs) => existsSync(join(programs, 'initdb')));
}
