import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { hostPool, migratedDatabase } from '../testing';
import type { Database } from '../storage/database';
import { ChangeLog, type ChangePage } from './change-log';
import type { Position } from './position';

let pool: Pool;
let log: ChangeLog;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await migratedDatabase();
  drop = () => database.drop();
  pool = hostPool({ connectionString: database.url, max: 1 });
  const rows = async (sql: string, values: unknown[]): Promise<unknown[]> => (await pool.query(sql, values)).rows;
  log = new ChangeLog({ rows, source: { query: rows } } as unknown as Database);
});
afterAll(async () => {
  await pool.end();
  await drop();
});

/** Commits a transaction for each list of sizes. Each size is the number of ids in a row. Returns the ids. */
async function commit(...transactions: readonly (readonly number[])[]): Promise<string[][]> {
  const all: string[][] = [];
  for (const sizes of transactions) {
    const ids: string[] = [];
    await pool.query('begin');
    for (const [n, size] of sizes.entries()) {
      const some = Array.from({ length: size }, () => randomUUID());
      await pool.query(`insert into paggio.changes (${n % 2 === 0 ? 'created' : 'updated'}) values ($1)`, [some]);
      ids.push(...some);
    }
    await pool.query('commit');
    all.push(ids);
  }
  return all;
}

async function pages(from: Position, limit: number, events?: number): Promise<ChangePage[]> {
  const found: ChangePage[] = [];
  for (let position = from; ;) {
    const page = await log.read(position, limit, events);
    if (page.created.length + page.updated.length > 0) found.push(page);
    position = page.position;
    if (!page.more) return found;
  }
}

const idsOf = ({ created, updated }: ChangePage): string[] => [...created, ...updated].sort();

test('a page ends after the transaction that reaches the number of events, and the next one continues there', async () => {
  const from = await log.end();
  const [a, b, c, d, e] = (await commit([2], [1, 2], [4], [1], [3])) as [
    string[],
    string[],
    string[],
    string[],
    string[],
  ];
  const read = (await pages(from, 100, 3)).map(idsOf);
  expect(read).toEqual([[...a, ...b], c, [...d, ...e]].map((ids) => ids.sort()));
});

test('a page has no more transactions than asked for, and always at least one', async () => {
  const from = await log.end();
  const all = await commit([1], [1], [50], [1], [1]);
  expect((await pages(from, 2)).map(idsOf)).toEqual(
    [all.slice(0, 2), all.slice(2, 4), all.slice(4)].map((some) => some.flat().sort()),
  );
  expect((await pages(from, 2, 1)).map(idsOf)).toEqual(all.map((ids) => ids.sort()));
});

test('a transaction with several rows is never divided', async () => {
  const from = await log.end();
  const [first, second] = (await commit([1, 1, 1, 1, 1], [1])) as [string[], string[]];
  expect((await pages(from, 1, 2)).map(idsOf)).toEqual([first.sort(), second]);
});
