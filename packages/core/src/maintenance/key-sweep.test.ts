import { query, startGateway, withoutDelivery } from '../testing';
import { KeySweep } from './key-sweep';

test('a sweep removes expired keys from every part of the table, and leaves the others and those in use', async () => {
  const gateway = await startGateway(withoutDelivery);
  const { url } = gateway.database;
  const keysLeft = async (): Promise<number> => {
    const [row] = await query<{ count: number }>(url, 'select count(*)::int as count from paggio.dedup_keys');
    return row?.count ?? 0;
  };
  await query(
    url,
    `insert into paggio.dedup_keys (endpoint_id, key, event_id, sha256, expires_at)
     select gen_random_uuid(), sha256(n::text::bytea), gen_random_uuid(), sha256(''),
       now() + case when n % 1000 = 0 then interval '1 hour' else interval '-1 second' end
     from generate_series(1, 40000) n`,
  );
  await gateway.assembly.database.database.source.transaction(async (manager) => {
    await manager.query('select from paggio.dedup_keys where expires_at < now() limit 3 for update');
    await gateway.runPeriodicWork('sweep');
    expect(await keysLeft()).toBe(43);
  });
  // A table of several steps is not read again at once.
  await gateway.runPeriodicWork('sweep');
  expect(await keysLeft()).toBe(43);
  await new KeySweep(gateway.assembly.database.database).run();
  expect(await keysLeft()).toBe(40);
  await gateway.stop();
});
