import { createPaggio } from '../index';
import { createTestDatabase, query, testMasterKey } from '../testing';
import { PoolerProxy } from '../testing/pooler-proxy';
import { migrate } from './migration-sql';

test('a pooler in transaction mode is refused before anything is created, and one in session mode is accepted', async () => {
  const database = await createTestDatabase();
  const transaction = await PoolerProxy.start(database.url, 'transaction');
  const refused = {
    code: 'CONFLICT',
    message: 'The database URL leads to a pooler in transaction mode, where sessions are not kept',
    hint: expect.stringContaining('5432 instead of 6543'),
  };
  const behind = createPaggio({ database: { url: transaction.url }, masterKey: testMasterKey });
  await expect(behind.start()).rejects.toMatchObject(refused);
  await expect(migrate(transaction.url)).rejects.toMatchObject(refused);
  expect(await query(database.url, `select to_regnamespace('paggio') as present`)).toEqual([{ present: null }]);
  // Our settings do not stay on the connections that others use later.
  expect(await query(transaction.url, 'show jit')).toEqual(await query(database.url, 'show jit'));
  expect(await query(transaction.url, 'show search_path')).toEqual(await query(database.url, 'show search_path'));
  await transaction.stop();

  const session = await PoolerProxy.start(database.url, 'session');
  const paggio = createPaggio({ database: { url: session.url }, masterKey: testMasterKey });
  await paggio.start();
  expect(await paggio.readiness()).toMatchObject({ ready: true });
  await paggio.stop();
  await session.stop();
  await database.drop();
});
