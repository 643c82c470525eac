import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries';
import { EmbeddedDatabaseError } from './embedded-database-error';
import { isAlive } from './postmaster-file';
import { makePassword, superuserPasswordFile } from './product-role';
import type { Unprivileged } from './unprivileged';

/** Temporary names of database files and passwords that are still being written. */
const UNFINISHED = /^(?:postgres|postgres\.password|paggio\.password)\.new-(\d+)$/;

/**
 * Creates the database files, unless they exist. They are created under a temporary name and then renamed, so that an
 * interrupted start leaves nothing incomplete. If several processes start at once, the files of exactly one are used.
 * @throws EmbeddedDatabaseError if the directory contains something else
 */
export function makeDataFiles(
  directory: string,
  data: string,
  binaries: Binaries,
  user: Unprivileged,
  durable: boolean,
): void {
  removeUnfinished(directory);
  if (existsSync(join(data, 'PG_VERSION'))) {
    const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
    if (version === binaries.version && existsSync(join(data, 'global', 'pg_control'))) return;
    throw new EmbeddedDatabaseError(
      version === binaries.version
        ? `The database files in ${data} are damaged: global/pg_control is missing.`
        : `The database files in ${data} belong to PostgreSQL ${version}, but this is PostgreSQL ${binaries.version}.`,
      version === binaries.version
        ? 'Restore the directory from a backup, or move it away to start with an empty database.'
        : `Nothing was changed. Go back to the version of Paggio that created the files, and move the data with pg_dump: see docs/deploy.md, "From the embedded database to your own".`,
    );
  }
  if (existsSync(data) && readdirSync(data).length > 0) {
    // Another process may have created the files since the first check.
    if (existsSync(join(data, 'PG_VERSION'))) return;
    throw new EmbeddedDatabaseError(
      `${data} is not a database: PG_VERSION is missing.`,
      'Restore the directory from a backup, or move it away to start with an empty database.',
    );
  }
  const fresh = join(directory, `postgres.new-${process.pid}`);
  mkdirSync(fresh, { mode: 0o700 });
  const passwordFile = superuserPasswordFile(directory);
  makePassword(passwordFile);
  user.enter(directory);
  user.own(fresh);
  user.own(passwordFile);
  const args = ['-D', fresh, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  args.push('-E', 'UTF8', '--locale=C', '--no-instructions');
  if (!durable) args.push('--no-sync');
  const [command, commandArgs] = user.command(binaries.initdb, args);
  const result = spawnSync(command, commandArgs, { encoding: 'utf8', uid: user.uid, gid: user.gid });
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new EmbeddedDatabaseError(
      `The embedded database could not be created in ${directory}: ${lastLine(result.stderr || String(result.error))}`,
      'Check that the directory is writable and has free space, or set DATABASE_URL to a PostgreSQL 14 or newer.',
    );
  }
  moveIntoPlace(fresh, data);
}

/** Renames the new files to their final name. If another process was first, this one deletes its own files. */
function moveIntoPlace(fresh: string, data: string): void {
  try {
    if (existsSync(data)) rmdirSync(data);
    renameSync(fresh, data);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(join(data, 'PG_VERSION'))) throw error;
  }
}

/** Removes the temporary files of killed processes, and those of an earlier attempt of this process. */
function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(UNFINISHED.exec(name)?.[1]);
    if (pid !== process.pid && !(pid > 0 && !isAlive(pid))) continue;
    try {
      rmSync(join(directory, name), { recursive: true, force: true });
    } catch (error) {
      // The initdb of the killed process may still be writing into it. A later start removes the rest.
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}

export function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? '';
}
