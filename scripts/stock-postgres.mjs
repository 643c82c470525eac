// Repeats the suites of core, with storage and delivery, on the system's PostgreSQL with its default settings: another
// version than the embedded one, JIT, and data on the disk. Installs Debian's package if apt-get can. Without a
// PostgreSQL it says loudly what is left out, and does not fail. It makes a new cluster in a temporary directory and
// touches no other.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const SUITES = ['packages/core'];
/** Two cores need about three minutes. */
const LIMIT_MS = 15 * 60_000;
const NEWEST_FIRST = (a, b) => Number(b) - Number(a);

/**
 * The folder with the programs of the system's newest PostgreSQL, 14 or newer; undefined when it has no such version.
 */
function programs() {
  // Debian and its relatives have one directory per version there.
  const base = process.env.PAGGIO_STOCK_POSTGRES ?? '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort(NEWEST_FIRST) : [];
  const version = versions.find((one) => Number(one) >= 14 && existsSync(join(base, one, 'bin/initdb')));
  return version && join(base, version, 'bin');
}

function installPackage() {
  if (process.platform !== 'linux' || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return;
  const asRoot = process.getuid() === 0;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'postgresql']]) {
    const [command, all] = asRoot ? ['apt-get', args] : ['sudo', ['-n', 'apt-get', ...args]];
    console.log(`${command} ${all.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    if (spawnSync(command, all, { stdio: 'inherit', env, timeout: 300_000 }).status !== 0) return;
  }
}

/** PostgreSQL refuses to run as root. Then it runs as the user of the package, or as nobody. */
function ordinaryUser() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout) || 65_534;
  return { uid: id('-u'), gid: id('-g') };
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

if (!programs()) installPackage();
const bin = programs();
if (!bin) {
  console.warn(
    '\n!!! There is no PostgreSQL of the system (14 or newer): the suites of core ran on the embedded one only.\n' +
      '!!! Install the package postgresql to run them on a stock server too.\n',
  );
  process.exit(0);
}

const user = ordinaryUser();
const directory = mkdtempSync(join(tmpdir(), 'paggio-stock-'));
const data = join(directory, 'data');
const password = randomBytes(12).toString('hex');
writeFileSync(join(directory, 'password'), password, { mode: 0o600 });
if (user.uid !== undefined)
  for (const path of [directory, join(directory, 'password')]) chownSync(path, user.uid, user.gid);
const tool = (name, args, options = {}) =>
  spawnSync(join(bin, name), args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'], ...user, ...options })
    .status === 0;
const stop = () => {
  tool('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'], { stdio: 'ignore' });
  rmSync(directory, { recursive: true, force: true });
};
process.on('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

const port = await freePort();
const settings = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${directory}`;
const made =
  tool('initdb', [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    `--pwfile=${directory}/password`,
  ]) && tool('pg_ctl', ['-D', data, '-w', '-l', join(directory, 'log'), '-o', settings, 'start']);
if (!made) {
  console.error(`A cluster of ${bin} could not be started: see above.`);
  process.exit(1);
}
console.log(`\nThe suites of storage and delivery on a stock server (${bin}):`);
// Two at a time, because a stock server allows 100 connections. Its commits wait for the disk, so tests get more time.
const flags = ['--maxWorkers=2', '--testTimeout=120000', '--forceExit'];
// With spawnSync, a signal could not end the cluster.
const jest = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...flags, ...SUITES, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, DATABASE_URL: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` },
});
process.on('exit', () => jest.kill());
setTimeout(() => {
  console.error(`The run did not end in time (${LIMIT_MS / 60_000} minutes).`);
  process.exit(1);
}, LIMIT_MS).unref();
const [status] = await once(jest, 'exit');
process.exit(status ?? 1);
