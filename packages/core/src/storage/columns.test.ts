import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../testing';
import { binaryColumns, statement, textualColumn } from './columns';

interface Thing {
  id: Buffer;
  name: string | null;
  size: number;
}

const { uuid, text, int } = binaryColumns<Thing>();
const things = [uuid('id', ({ id }) => id), text('name', ({ name }) => name), int('size', ({ size }) => size)];

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const rowsOf = async (sql: string, values: unknown[]): Promise<unknown[]> => (await client.query(sql, values)).rows;

const given: Thing[] = [
  { id: Buffer.alloc(16, 1), name: 'first', size: 3 },
  { id: Buffer.alloc(16, 2), name: null, size: -7 },
];
const ids = ['01010101-0101-0101-0101-010101010101', '02020202-0202-0202-0202-020202020202'];

test('parameters are numbered in the order of the text, and each gets its own value', async () => {
  const { text: sql, valuesOf } = statement<{ things: Thing[]; least: number; most: number }>((parameters) => {
    const most = parameters.value((input) => input.most);
    const rows = parameters.rows(things, (input) => input.things);
    const least = parameters.value((input) => input.least);
    return `select ${least}::int as least, ${most}::int as most, n, ${rows.names}, ${rows.array('size')} as sizes
      from ${rows.unnest} with ordinality as t(${rows.names}, n) order by n`;
  });
  expect(sql.replaceAll(/\s+/g, ' ')).toBe(
    'select $5::int as least, $1::int as most, n, id, name, size, $4::int[] as sizes ' +
      'from unnest($2::uuid[], $3::text[], $4::int[]) with ordinality as t(id, name, size, n) order by n',
  );
  const rows = await rowsOf(sql, valuesOf({ things: given, least: 1, most: 9 }));
  const same = { least: 1, most: 9, sizes: [3, -7] };
  expect(rows).toEqual([
    { ...same, n: '1', id: ids[0], name: 'first', size: 3 },
    { ...same, n: '2', id: ids[1], name: null, size: -7 },
  ]);
});

test('one list of columns serves several statements, and one statement may read rows of two kinds', async () => {
  const names = [textualColumn<string>('name', 'text', (name) => name)];
  const { text: sql, valuesOf } = statement<{ things: Thing[]; names: string[] }>((parameters) => {
    const some = parameters.rows(names, (input) => input.names);
    const rows = parameters.rows(things, (input) => input.things);
    return `select x.name, t.size from ${rows.unnest} as t(${rows.names}) join ${some.unnest} as x(${some.names}) using (name)`;
  });
  expect(await rowsOf(sql, valuesOf({ things: given, names: ['other', 'first'] }))).toEqual([
    { name: 'first', size: 3 },
  ]);
  expect(await rowsOf(sql, valuesOf({ things: [], names: [] }))).toEqual([]);
});

test('values are written to the buffers that the caller provides', () => {
  const { valuesOf } = statement<Thing[]>((parameters) => parameters.rows(things, (rows) => rows).unnest);
  const sizes: number[] = [];
  const values = valuesOf(given, (size) => {
    sizes.push(size);
    return Buffer.alloc(size);
  });
  expect(sizes).toHaveLength(3);
  expect(values).toEqual(valuesOf(given));
});

test('a column that does not exist is an error when the statement is made', () => {
  expect(() => statement<Thing[]>((parameters) => parameters.rows(things, (rows) => rows).array('colour'))).toThrow(
    'There is no column colour',
  );
});
