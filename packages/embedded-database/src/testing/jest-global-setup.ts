import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries } from '../binaries';
import { makeDataFiles } from '../data-files';
import { startEmbeddedDatabase } from '../index';
import { unprivileged } from '../unprivileged';
import { copyClusterFiles } from './cluster-files';
import { dropTestTemplate, query } from './index';
import { throwAwayDirectory } from './throw-away-directory';

const run = globalThis as { stopTestDatabase?: () => Promise<void> };

/**
 * Starts one throw-away cluster for the whole test run, or uses the PostgreSQL in DATABASE_URL. Tests create databases
 * and roles, so they connect as a superuser.
 */
export default async function setup(): Promise<void> {
  // A project with its own setup calls this one too.
  if (run.stopTestDatabase) return;
  process.env['PAGGIO_TEST_RUN'] = randomBytes(6).toString('hex');
  if (process.env['DATABASE_URL']) {
    process.env['PAGGIO_TEST_DATABASE_URL'] = process.env['DATABASE_URL'];
    run.stopTestDatabase = dropTestTemplate;
    return;
  }
  const [files, directory] = [makeClusterFiles(), throwAwayDirectory()];
  copyClusterFiles(directory);
  const settings = { max_connections: '300', max_wal_size: '256MB' };
  const database = await startEmbeddedDatabase({ directory, durable: false, settings });
  process.env['PAGGIO_TEST_DATABASE_URL'] = database.superuserUrl;
  // By default each connection hashes the password 4,096 times, which takes the client longer than most statements of a
  // test.
  const password = decodeURIComponent(new URL(database.superuserUrl).password);
  await query(database.superuserUrl, `set scram_iterations = 1; alter role postgres password '${password}'`);
  // The cost report at the end of the run needs it.
  process.env['PAGGIO_TEST_DATABASE_PID'] = String(database.pid);
  const remove = (): void => {
    for (const made of [files, directory]) rmSync(made, { recursive: true, force: true });
  };
  const end = (): void => {
    try {
      process.kill(database.pid, 'SIGQUIT');
    } catch {
      // It has already ended.
    }
    remove();
  };
  // An interrupted run has no teardown.
  process.once('exit', end);
  run.stopTestDatabase = async () => {
    await database.stop();
    remove();
  };
}

/** Creates cluster files for the database of this run, and for tests that start other databases. */
function makeClusterFiles(): string {
  const files = throwAwayDirectory();
  makeDataFiles(files, join(files, 'postgres'), findBinaries(undefined), unprivileged(), false);
  process.env['PAGGIO_TEST_CLUSTER_FILES'] = files;
  return files;
}
