import { Client } from 'pg';
import { capture, owner, query, startGateway } from '../testing';

test('a webhook and an API key are looked up at once while slow lists hold every management connection', async () => {
  const { paggio, database, stop } = await startGateway();
  const admin = { ...owner, scopes: new Set(['admin', 'ingest'] as const), keyId: null };
  const { key } = await paggio.admin.keys.create(admin, { name: 'client', scopes: ['ingest'] });
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'unread' });
  const holder = new Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin; lock table paggio.rejections in access exclusive mode');
  const held = async (): Promise<number> => (await query(database.url, HELD)).length;
  const paging = { limit: 1, offset: 0, startingAfter: null };
  const lists = Array.from({ length: 8 }, () => paggio.admin.rejections.list(owner, null, paging));
  while ((await held()) !== 4);

  await capture(paggio, endpoint.slug, '{}');
  expect(await paggio.admin.keys.authenticate(key)).toMatchObject({ userId: owner.userId });
  expect(await held()).toBe(4);

  await holder.query('rollback');
  await holder.end();
  await Promise.all(lists);
  await stop();
});

const HELD = `
  select pid from pg_stat_activity
  where datname = current_database() and application_name = 'paggio management' and wait_event_type = 'Lock'`;
