import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './postmaster-file';
import { copyClusterFiles, query, throwAwayDirectory } from './testing';
import { LocalMember } from './testing/local-member';
import { MemberProcess, type Message } from './testing/member-process';

let root: string;
let directory: string;
type Member = MemberProcess | LocalMember;
const members: Member[] = [];
/** The full check lets processes meet at more moments, and kills them more often. */
const isFull = process.env['PAGGIO_FULL'] !== undefined;
const KILLS = isFull ? 2 : 1;

beforeAll(() => {
  root = throwAwayDirectory('paggio-members-');
  copyClusterFiles(join(root, 'data'));
});

// Most tests share the files of one database, because making them takes seconds.
beforeEach(() => {
  directory = join(root, 'data');
});

afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.end('SIGKILL')));
  const pid = serverPid();
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGQUIT');
  while (pid !== undefined && isAlive(pid)) await new Promise((done) => setTimeout(done, 10));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function start(at = directory): Promise<MemberProcess> {
  const member = await MemberProcess.start(at);
  members.push(member);
  return member;
}

/** A member in this process. At most one of the members of a test can be it. */
async function startHere(at = directory): Promise<LocalMember> {
  const member = await LocalMember.start(at);
  members.push(member);
  return member;
}

function serverPid(): number | undefined {
  const file = join(directory, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

const one = (member: Member): Promise<unknown> => query(member.url, 'select 1 as one');

/** Processes that name the directory in several ways, and stop one after the other. */
interface Row {
  adopted: unknown[];
  pids: unknown[];
  codes: (number | null)[];
  /** What the remaining processes read after each stop. */
  answers: unknown[];
  left: number | undefined;
}

let row: Promise<Row> | undefined;
const inARow = (): Promise<Row> => (row ??= stopInARow());

async function stopInARow(): Promise<Row> {
  const [a, link] = [await start(), join(root, 'link')];
  symlinkSync('data', link);
  const b = await start(link);
  const codes = [await a.end()];
  const answers = [await one(b)];
  const c = await startHere(`${root}//x/../data/`);
  codes.push(await b.end());
  answers.push(await one(c));
  codes.push(await c.end());
  const first = [a, b, c].map(({ messages }) => messages[0]);
  return {
    adopted: first.map((message) => message?.adopted),
    pids: first.map((message) => message?.pid),
    codes,
    answers,
    left: serverPid(),
  };
}

test('the first process to stop leaves the database to the others, and the last one stops it', async () => {
  const { adopted, codes, answers, left } = await inARow();
  expect(adopted).toEqual([false, true, true]);
  expect(codes).toEqual([0, 0, 0]);
  expect(answers).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  expect(left).toBeUndefined();
}, 60_000);

test('other spellings of the directory lead to the same database', async () => {
  const { pids, codes, answers, left } = await inARow();
  expect(pids).toEqual([pids[0], pids[0], pids[0]]);
  // The processes with the other spellings count as users too, or the database would have stopped with the first one.
  expect(answers).toEqual([[{ one: 1 }], [{ one: 1 }]]);
  expect(codes).toEqual([0, 0, 0]);
  expect(left).toBeUndefined();
}, 60_000);

test('a killed process does not count: the last process that stops in order stops the database', async () => {
  const killed = [await start(), ...(isFull ? [await start()] : [])];
  const b = await startHere();
  await Promise.all(killed.map((member) => member.end('SIGKILL')));
  // Immediately, before PostgreSQL may have noticed.
  expect(await b.end()).toBe(0);
  expect(serverPid()).toBeUndefined();
}, 60_000);

test('a process that starts while the last one stops has a database', async () => {
  let member: Member = await startHere();
  for (let round = 0; round < (isFull ? 6 : 1); round++) {
    const stopping = member.end();
    // In each round the start meets another point of the stop.
    await new Promise((done) => setTimeout(done, isFull ? round * 15 : Math.random() * 75));
    const next = await start();
    expect(await stopping).toBe(0);
    expect(await one(next)).toEqual([{ one: 1 }]);
    member = next;
  }
  await member.end();
  expect(serverPid()).toBeUndefined();
}, 90_000);

/** Two processes that lose the database, and then their connections to it. */
interface Losses {
  /** What both said after each kill of the database. */
  said: Message[];
  /** What both read after each kill. */
  answers: unknown[];
  /** The connections that hold the database, when an operator ends them. */
  ended: number;
  codes: (number | null)[];
  /** What the other process read when the first one had stopped. */
  last: unknown;
  left: number | undefined;
}

let losses: Promise<Losses> | undefined;
const afterLosses = (): Promise<Losses> => (losses ??= lose());

async function lose(): Promise<Losses> {
  const [a, b] = [await start(), await startHere()];
  const said: Message[] = [];
  const answers: unknown[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    process.kill(serverPid() as number, 'SIGKILL');
    said.push(...(await Promise.all([a, b].map((member) => member.message(kill + 1)))));
    answers.push(...(await Promise.all([a, b].map(one))));
  }
  const users = `from pg_locks where locktype = 'advisory' and mode = 'ShareLock'`;
  const superuser = a.messages[0]?.superuserUrl as string;
  const before = await query<{ pid: number }>(superuser, `select pid, pg_terminate_backend(pid) ${users}`);
  const gone = before.map(({ pid }) => pid).join(', ');
  while ((await query(superuser, `select ${users} and pid not in (${gone})`)).length < 2);
  const codes = [await b.end()];
  const last = await one(a);
  codes.push(await a.end());
  return { said, answers, ended: before.length, codes, last, left: serverPid() };
}

test('a database that is killed while processes use it comes back on the same port', async () => {
  const { said, answers, ended, codes, left } = await afterLosses();
  expect(said).toEqual(Array(2 * KILLS).fill({ restarted: true }));
  expect(answers).toEqual(Array(2 * KILLS).fill([{ one: 1 }]));
  // Both hold the new database, so the first one that stops leaves it to the other.
  expect(ended).toBe(2);
  expect(codes).toEqual([0, 0]);
  expect(left).toBeUndefined();
}, 60_000);

test('a process whose connections were ended by an operator still uses the database', async () => {
  const { ended, codes, last, left } = await afterLosses();
  expect(ended).toBe(2);
  expect(last).toEqual([{ one: 1 }]);
  expect(codes).toEqual([0, 0]);
  expect(left).toBeUndefined();
}, 60_000);

test("after everything was killed the next start works, even if another program has the database's process id", async () => {
  const a = await start();
  await query(a.url, 'create table paggio.kept as select 7 as answer');
  const pid = serverPid() as number;
  await a.end('SIGKILL');
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await new Promise((done) => setTimeout(done, 5));
  const file = join(directory, 'postgres', 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(process.ppid)));
  const b = await startHere();
  expect(await query(b.url, 'select answer from paggio.kept')).toEqual([{ answer: 7 }]);
  expect(await b.end()).toBe(0);
  expect(serverPid()).toBeUndefined();
}, 60_000);

test('a start removes what a killed start left behind at any step, and nothing else', async () => {
  directory = join(root, 'leftovers');
  copyClusterFiles(directory);
  const dead = spawnSync('true').pid;
  mkdirSync(join(directory, `postgres.new-${dead}`, 'base'), { recursive: true });
  writeFileSync(join(directory, `postgres.password.new-${dead}`), 'half a passw');
  writeFileSync(join(directory, `paggio.password.new-${dead}`), '');
  // The process that is writing this file is still running.
  writeFileSync(join(directory, `postgres.password.new-${process.pid}`), 'in the making');
  writeFileSync(join(directory, 'notes.new-1'), 'the operator');
  const member = await start();
  expect(await one(member)).toEqual([{ one: 1 }]);
  expect(await member.end()).toBe(0);
  expect(readdirSync(directory).filter((name) => name.includes('.new-'))).toEqual([
    'notes.new-1',
    `postgres.password.new-${process.pid}`,
  ]);
}, 60_000);

/** Processes that start at the same moment in a directory without a database. */
interface FirstStarts {
  first: (Message | undefined)[];
  answers: unknown[];
  /** What is in the directory while the processes use it. */
  files: string[];
  codes: (number | null)[];
  /** What the next process leaves in the directory, when the killed start's initdb has ended. */
  cleaned: string[];
  left: number | undefined;
}

let afterKill: Promise<FirstStarts> | undefined;
const afterKilledStart = (): Promise<FirstStarts> => (afterKill ??= startFirst('interrupted', true));

/** @param isKilled whether another first start was killed before */
async function startFirst(folder: string, isKilled: boolean): Promise<FirstStarts> {
  directory = join(root, folder);
  const names = (): string[] => (existsSync(directory) ? readdirSync(directory) : []);
  let killed: MemberProcess | undefined;
  if (isKilled) {
    members.push((killed = MemberProcess.spawn(directory)));
    while (!names().some((name) => name.startsWith('postgres.new-'))) await new Promise((done) => setTimeout(done, 5));
    await killed.end('SIGKILL');
  }
  const all = await Promise.all(Array.from({ length: isFull ? 4 : 2 }, () => start()));
  const answers = await Promise.all(all.map(one));
  const files = names().filter((name) => !name.endsWith(`.new-${killed?.child.pid}`));
  // All of them stop at the same moment too.
  const codes = await Promise.all(all.map((member) => member.end()));
  const left = serverPid();
  // The initdb of the killed start runs on for a moment, so the very next start may find files that it cannot remove yet.
  while (names().some((name) => name.startsWith('postgres.new-'))) {
    const next = await start();
    answers.push(await one(next));
    codes.push(await next.end());
  }
  return { first: all.map(({ messages }) => messages[0]), answers, files, codes, cleaned: names(), left };
}

test('processes that start at the same moment on an empty directory share one database', async () => {
  // Making the files of a database costs more than the rest. So in the short form, the directory has only what a killed
  // start left, and the next test is about the same processes.
  const { first, answers, files, codes, left } = await (isFull ? startFirst('empty', false) : afterKilledStart());
  expect(new Set(first.map((message) => `${message?.pid} ${message?.url} ${message?.superuserUrl}`)).size).toBe(1);
  expect(first.filter((message) => message?.adopted === false)).toHaveLength(1);
  expect(answers).toEqual(answers.map(() => [{ one: 1 }]));
  expect(files.sort()).toEqual(['paggio.password', 'postgres', 'postgres.log', 'postgres.password']);
  expect(codes).toEqual(codes.map(() => 0));
  expect(left).toBeUndefined();
}, 90_000);

test('a first start that was killed leaves nothing that disturbs a later one', async () => {
  const { answers, codes, cleaned } = await afterKilledStart();
  expect(answers).toEqual(answers.map(() => [{ one: 1 }]));
  expect(codes).toEqual(codes.map(() => 0));
  expect(cleaned.sort()).toEqual(['paggio.password', 'postgres', 'postgres.log', 'postgres.password']);
}, 90_000);

/** The test needs the right to become another user. */
const asRoot =
  process.getuid?.() === 0 && spawnSync('true', { uid: 65534, gid: 65534 }).status === 0 ? test : test.skip;

asRoot(
  'the directory of another user is a clear error, and the database there runs on',
  async () => {
    const a = await startHere();
    const stranger = MemberProcess.spawn(directory, 65534);
    members.push(stranger);
    expect(await stranger.message(0)).toEqual({
      failed: expect.stringMatching(/cannot be used by this user: EACCES/),
      hint: expect.stringContaining('Start it as the user that owns the directory'),
    });
    expect(await one(a)).toEqual([{ one: 1 }]);
    expect(await a.end()).toBe(0);
  },
  60_000,
);
