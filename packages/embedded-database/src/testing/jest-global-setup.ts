import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinaries } from '../binaries';
import { makeDataFiles } from '../data-files';
import { startEmbeddedDatabase } from '../index';
import { unprivileged } from '../unprivileged';
import { copyClusterFiles } from './cluster-files';
import { dropTestTemplate, query, SCRAM_ROLE } from './index';
import { throwAwayDirectory } from './throw-away-directory';

const run = globalThis as { stopTestDatabase?: () => Promise<void> };

/** Leaves out what a server with small databases, no replicas and nobody who watches its processes does not need. */
const SETTINGS = {
  max_connections: '300',
  max_wal_size: '256MB',
  // Dropping a database looks through all buffers.
  shared_buffers: '64MB',
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  update_process_title: 'off',
};

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
  const database = await startEmbeddedDatabase({ directory, durable: false, settings: SETTINGS });
  process.env['PAGGIO_TEST_DATABASE_URL'] = database.superuserUrl;
  await makeSigningInCheap(database.superuserUrl);
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

/**
 * By default a client and the server prove to each other that they know the password, for which both hash it 4,096 times.
 * That takes longer than most statements of a test, and a run makes thousands of connections. Here a client sends the
 * password, and a wrong one is still refused. Only `SCRAM_ROLE` signs in as usual.
 */
async function makeSigningInCheap(url: string): Promise<void> {
  const password = decodeURIComponent(new URL(url).password);
  await query(url, `set scram_iterations = 1; alter role postgres password '${password}'`);
  const [row] = await query<{ rules: string }>(url, `select current_setting('hba_file') as rules`);
  const { rules } = row as { rules: string };
  const others = readFileSync(rules, 'utf8').replaceAll('scram-sha-256', 'password');
  writeFileSync(rules, `host all ${SCRAM_ROLE} all scram-sha-256\n${others}`);
  await query(url, 'select pg_reload_conf()');
}

/** Creates cluster files for the database of this run, and for tests that start other databases. */
function makeClusterFiles(): string {
  const files = throwAwayDirectory();
  makeDataFiles(files, join(files, 'postgres'), findBinaries(undefined), unprivileged(), false);
  process.env['PAGGIO_TEST_CLUSTER_FILES'] = files;
  return files;
}
