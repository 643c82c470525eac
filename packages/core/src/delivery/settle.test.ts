import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { capture, migratedDatabase, owner, query, Recorder, startGateway } from '../testing';

interface Stored {
  id: string;
  state: string;
  lease: string | null;
  attempts: number;
}

test('a result whose lease another process holds is dropped, and the others of its group are written', async () => {
  const database = await migratedDatabase();
  const { paggio, stop } = await startGateway({}, {}, database);
  const held: ServerResponse[] = [];
  const recorder = await Recorder.start((_request, response) => void held.push(response));
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'd', destinationUrl: recorder.url() });
  const ids = await Promise.all(['1', '2', '3'].map((body) => capture(paggio, endpoint.slug, body)));
  await recorder.received(3);
  const [lost, ...kept] = ids as [string, string, string];
  const otherLease = randomUUID();
  await query(database.url, `update paggio.deliveries set lease_token = '${otherLease}' where event_id = '${lost}'`);
  for (const response of held) response.writeHead(200).end();
  // A stop waits until every result is written.
  await stop();
  const stored = await query<Stored>(
    database.url,
    `select event_id as id, state, lease_token as lease, attempt_count as attempts from paggio.deliveries`,
  );
  expect(stored).toHaveLength(3);
  expect(stored).toEqual(
    expect.arrayContaining([
      { id: lost, state: 'pending', lease: otherLease, attempts: 0 },
      ...kept.map((id) => ({ id, state: 'delivered', lease: null, attempts: 1 })),
    ]),
  );
  await recorder.stop();
  await database.drop();
});
