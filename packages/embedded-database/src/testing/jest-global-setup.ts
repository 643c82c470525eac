import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { startEmbeddedDatabase } from '../index';
import { dropTestTemplate } from './index';
import { throwAwayDirectory } from './throw-away-directory';

const run = globalThis as { stopTestDatabase?: () => Promise<void> };

/**
 * One throw-away cluster for a whole test run, or the PostgreSQL that DATABASE_URL names. Tests make databases and
 * roles, so they connect as a superuser.
 */
export default async function setup(): Promise<void> {
  // A project with a setup of its own calls this one too.
  if (run.stopTestDatabase) return;
  process.env['PAGGIO_TEST_RUN'] = randomBytes(6).toString('hex');
  if (process.env['DATABASE_URL']) {
    process.env['PAGGIO_TEST_DATABASE_URL'] = process.env['DATABASE_URL'];
    run.stopTestDatabase = dropTestTemplate;
    return;
  }
  const directory = throwAwayDirectory();
  const settings = { max_connections: '300', max_wal_size: '256MB' };
  const database = await startEmbeddedDatabase({ directory, durable: false, settings });
  process.env['PAGGIO_TEST_DATABASE_URL'] = database.superuserUrl;
  // For what the run prints at its end.
  process.env['PAGGIO_TEST_DATABASE_PID'] = String(database.pid);
  const end = (): void => {
    try {
      process.kill(database.pid, 'SIGQUIT');
    } catch {
      // It is gone already.
    }
    rmSync(directory, { recursive: true, force: true });
  };
  // An interrupted run has no teardown.
  process.once('exit', end);
  run.stopTestDatabase = async () => {
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}
