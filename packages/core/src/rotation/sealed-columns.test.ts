import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, gitHub, owner, query, startGateway, type TestGateway } from '../testing';
import { checkColumns } from '../secrets/master-key-register';
import { sealedColumns } from './sealed-columns';

const AUTHORITY = readFileSync(join(__dirname, '../testing/tls/authority.pem'), 'utf8');

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

/** The form of an encrypted value, in text, in JSON and in bytes. */
const SEALED = 'v1:[A-Za-z0-9_-]{8}:[A-Za-z0-9_-]{16}:[A-Za-z0-9_-]*:[A-Za-z0-9_-]{22}';

test('the rotation of the master key knows every column that holds an encrypted value', async () => {
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'full',
    headers: { 'X-Endpoint': 'secret' },
    verification: gitHub,
    destinations: [
      {
        url: 'https://127.0.0.1:4999/',
        headers: { 'X-Destination': 'secret' },
        tls: { certificateAuthorities: AUTHORITY },
        status: 'PAUSED',
      },
    ],
  });
  await paggio.admin.endpoints.rotateSecret(owner, endpoint.id);
  await paggio.admin.endpoints.update(owner, endpoint.id, { verification: { ...gitHub, secrets: ['hexapus'] } });
  await paggio.admin.endpoints.revealSecret(owner, endpoint.id);
  await paggio.admin.notifications.put(owner, {
    slack: { url: 'http://127.0.0.1:4999/slack', triggers: ['failed'] },
    discord: { url: 'http://127.0.0.1:4999/discord', triggers: ['failed'] },
    teams: { url: 'http://127.0.0.1:4999/teams', triggers: ['failed'] },
  });
  await paggio.admin.testEvents.send(owner, endpoint.id);
  const credential = ['Authorization', 'Bearer secret'];
  await expect(capture(paggio, endpoint.slug, '{}', credential)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' });
  const open = await paggio.admin.endpoints.create(owner, { name: 'open', destinationUrl: 'http://127.0.0.1:4999/' });
  await paggio.admin.replays.redeliver(owner, await capture(paggio, open.endpoint.slug, '{}', credential));

  const columns = await query<{ table: string; column: string; type: string }>(
    database.url,
    `select table_name as table, column_name as column, data_type as type
     from information_schema.columns where table_schema = 'paggio'`,
  );
  const searches = columns.map(({ table, column, type }) => {
    const text = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
    return `select '${table}.${column}' as name where exists (select 1 from paggio."${table}" where ${text} ~ '${SEALED}')`;
  });
  const found = (await query<{ name: string }>(database.url, searches.join(' union all '))).map(({ name }) => name);
  const known = [...sealedColumns.map(({ table, column }) => `${table}.${column}`), ...checkColumns];
  expect(found.sort()).toEqual(known.sort());
});
