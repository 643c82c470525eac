import axios from 'axios';
import { decodeHeaders } from './stored-headers';
import { AddressGuard } from '../transport/address-guard';
import { axiosTransport } from '../transport/axios-transport';
import { Connector } from '../transport/connector';
import { undiciTransport } from '../transport/undici-transport';
import type { Paggio } from '../index';
import {
  capture,
  dumpOf,
  migratedDatabase,
  noTicks,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  type TestDatabase,
  type TestGateway,
} from '../testing';

const TOKEN = 'glpat-0123456789abcdef';
const gitLab = { provider: 'gitlab', scheme: 'token', secrets: [TOKEN] };
const headers = ['X-Gitlab-Token', TOKEN, 'X-Gitlab-Event', 'Push Hook', 'Content-Type', 'application/json'];

/** The user whose events go to a handler too. */
const handled = { ...owner, userId: 'handled' };
const seen: (string | undefined)[] = [];

/** A gateway whose periodic work runs only when a test starts it. All tests but one share it. */
let shared: TestGateway;
let paggio: Paggio;
let database: TestDatabase;
let recorder: Recorder;

beforeAll(async () => {
  shared = await startGateway({ scheduler: noTicks }, {}, undefined, (one) =>
    one.on('gitlab', '*', (event) => void seen.push(event.header('X-Gitlab-Token')), { userId: handled.userId }),
  );
  ({ paggio, database } = shared);
});
beforeEach(async () => (recorder = await Recorder.start()));
afterEach(() => recorder.stop());
afterAll(() => shared.stop());

async function endpoint(by: Paggio = paggio, who = owner): Promise<string> {
  const input = { name: 'e', destinationUrl: recorder.url(), verification: gitLab };
  return (await by.admin.endpoints.create(who, input)).endpoint.slug;
}

interface Row {
  headers: Buffer;
  sealed: string | null;
}

async function rowOf(id: string, where = database): Promise<Row> {
  const [row] = await query<Row>(where.url, `select headers, sealed from paggio.events where id = '${id}'`);
  return row as Row;
}

const tokens = (): unknown[] => recorder.requests.map((request) => request.headers['x-gitlab-token']);

test('while a process of an older version delivers, new events keep their credentials unencrypted', async () => {
  const own = await migratedDatabase();
  // The older process does not know the column `seals`.
  await query(
    own.url,
    `insert into paggio.workers (id, seen_at) values (gen_random_uuid(), now() + interval '1 hour')`,
  );
  const full = await startGateway({ scheduler: noTicks }, {}, own);
  const edge = await startGateway({ scheduler: noTicks, roles: ['capture'] }, {}, own);
  const slug = await endpoint(full.paggio);
  const store = async (by: Paggio): Promise<Row> => {
    const id = await capture(by, slug, '{}', headers);
    await settled(full.paggio, owner, id);
    // However the event is stored, readers see what arrived, and where its credential is.
    expect(await full.paggio.admin.events.get(owner, id)).toMatchObject({
      rawHeaders: headers,
      credentials: { headers: [1] },
    });
    return rowOf(id, own);
  };
  for (const by of [full.paggio, edge.paggio]) {
    const row = await store(by);
    expect([row.sealed, row.headers.includes(TOKEN)]).toEqual([null, true]);
  }
  await query(own.url, `delete from paggio.workers where not seals`);
  await full.runPeriodicWork('check-in');
  await edge.runPeriodicWork('seal');
  for (const by of [full.paggio, edge.paggio]) {
    const row = await store(by);
    expect([row.sealed === null, row.headers.includes(TOKEN)]).toEqual([false, false]);
  }
  expect(tokens()).toEqual(Array(4).fill(TOKEN));
  await edge.stop();
  await full.stop();
  await own.drop();
});

test('code that does not know about sealing cannot send a sealed row, with either HTTP client', async () => {
  const id = await capture(paggio, await endpoint(), '{}', headers);
  await settled(paggio, owner, id);
  const before = recorder.requests.length;
  const raw = decodeHeaders((await rowOf(id)).headers);
  expect(raw).toContain('***');
  const connector = new Connector(new AddressGuard(['127.0.0.0/8']));
  for (const transport of [undiciTransport(connector), axiosTransport(axios, connector)]) {
    const result = await transport.send({
      method: 'POST',
      origin: `http://127.0.0.1:${recorder.port}`,
      target: '/',
      headers: raw,
      body: Buffer.from('{}'),
      timeoutMs: 5_000,
    });
    expect(result.error?.code).toBe('request_not_sendable');
    await transport.close();
  }
  expect(recorder.requests).toHaveLength(before);
});

describe('credentials that cannot be decrypted', () => {
  const locked = {
    status: 'failed',
    statusReason: 'refused',
    attempts: [{ error: expect.stringMatching(/^credentials_locked: /) }],
  };

  test('leave the event readable and unsent, and it can be sent once they can be decrypted', async () => {
    const slug = await endpoint();
    const id = await capture(paggio, slug, '{"a":1}', headers);
    await settled(paggio, owner, id);
    const { sealed } = await rowOf(id);
    // The row was changed, so no master key can decrypt it.
    await query(
      database.url,
      `update paggio.events set sealed = overlay(sealed placing 'AAAA' from 14 for 4) where id = '${id}'`,
    );
    const event = await paggio.admin.events.get(owner, id);
    expect(event).toMatchObject({ locked: 'damaged', body: Buffer.from('{"a":1}') });
    expect(event.rawHeaders).toEqual(headers.map((text) => (text === TOKEN ? '***' : text)));

    const copy = await paggio.admin.replays.redeliver(owner, id);
    expect(await settled(paggio, owner, copy)).toMatchObject(locked);
    for (const target of [{ environment: 'original' as const }, { destinationUrl: recorder.url('/other') }]) {
      const result = await paggio.admin.replays.send(owner, id, target);
      expect(result).toMatchObject({ status: 'failed', error: expect.stringMatching(/^credentials_locked: /) });
    }
    expect(tokens()).toEqual([TOKEN]);

    await query(database.url, `update paggio.events set sealed = '${sealed}' where id in ('${id}', '${copy}')`);
    for (const again of [id, copy]) {
      const made = await paggio.admin.replays.redeliver(owner, again);
      expect(await settled(paggio, owner, made)).toMatchObject({ status: 'delivered' });
    }
    expect(tokens()).toEqual([TOKEN, TOKEN, TOKEN]);
  });

  test('are missing in a copy by an older version, which is not sent', async () => {
    const id = await capture(paggio, await endpoint(), '{}', headers);
    await settled(paggio, owner, id);
    await query(database.url, `update paggio.events set sealed = null where id = '${id}'`);
    expect(await settled(paggio, owner, await paggio.admin.replays.redeliver(owner, id))).toMatchObject(locked);
    expect(tokens()).toEqual([TOKEN]);
  });

  test('do not open in the row of another event', async () => {
    const slug = await endpoint();
    const [one, other] = [await capture(paggio, slug, '{}', headers), await capture(paggio, slug, '{}', headers)];
    await settled(paggio, owner, other);
    await query(
      database.url,
      `update paggio.events set sealed = (select sealed from paggio.events where id = '${one}') where id = '${other}'`,
    );
    expect(await paggio.admin.events.get(owner, one)).toMatchObject({ locked: false });
    expect(await paggio.admin.events.get(owner, other)).toMatchObject({ locked: 'damaged' });
  });
});

test('a refused request whose verification settings cannot be read is sealed wherever a token may be', async () => {
  const slug = await endpoint();
  await query(database.url, `update paggio.endpoints set verification = 'v1:damaged' where slug = '${slug}'`);
  // Changes the configuration, so that the endpoint is read again.
  await paggio.admin.endpoints.create(owner, { name: 'x' });
  const rawHeaders = ['X-Some-Key', TOKEN, 'User-Agent', 'sender'];
  await expect(capture(paggio, slug, '{}', rawHeaders)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' });
  const { items } = await paggio.admin.rejections.list(owner, null, { limit: 10, offset: 0, startingAfter: null });
  expect(items).toMatchObject([{ reason: 'no_secret' }]);
  expect(await dumpOf(database)).not.toContain(Buffer.from(TOKEN).toString('hex'));
  expect(await paggio.admin.rejections.get(owner, items[0]?.id as string)).toMatchObject({ rawHeaders, locked: false });
});

test('a handler receives the headers that arrived, even from a copy of the stored row', async () => {
  const id = await capture(paggio, await endpoint(paggio, handled), '{}', headers);
  await settled(paggio, handled, id);
  await settled(paggio, handled, await paggio.admin.replays.redeliver(handled, id));
  expect(seen).toEqual([TOKEN, TOKEN]);
});

test('of cookies that a destination sets only the names are stored, in deliveries and in replays', async () => {
  recorder.behaviour = (_request, response) =>
    void response
      .writeHead(200, { 'set-cookie': ['sid=cookie-secret; Path=/; HttpOnly', 'cookie-secret', 'a=b=cookie-secret'] })
      .end();
  const id = await capture(paggio, await endpoint(), '{}', headers);
  await settled(paggio, owner, id);
  await paggio.admin.replays.send(owner, id, { environment: 'original' });
  expect((await paggio.admin.events.get(owner, id)).attempts.map((one) => one.responseHeaders['set-cookie'])).toEqual(
    Array(2).fill(['sid=***; Path=/; HttpOnly', '***', 'a=***']),
  );
  expect(await dumpOf(database)).not.toContain('cookie-secret');
});
