import axios from 'axios';
import { createPaggio, type PaggioOptions } from '../index';
import { capture, migratedDatabase, owner, Recorder, settled, testMasterKey } from '../testing';

// Bun replaces the package by classes that send nothing.
jest.mock('undici', () => ({ Agent: class Agent {}, Pool: class Pool {}, fetch: () => undefined }));

test('when the runtime replaces undici, a process that is to deliver with it does not start, and the error names what would work', async () => {
  const database = await migratedDatabase();
  const recorder = await Recorder.start();
  const options = (more: Partial<PaggioOptions>): PaggioOptions => ({
    database: { url: database.url },
    masterKey: testMasterKey,
    allowedNetworks: ['127.0.0.0/8'],
    ...more,
  });
  expect(() => createPaggio(options({ transport: 'undici' }))).toThrow(
    expect.objectContaining({ code: 'BAD_REQUEST', hint: expect.stringContaining('transport: { axios }') }),
  );

  const front = createPaggio(options({ roles: ['capture', 'api'], transport: 'undici' }));
  await front.start();
  const { endpoint } = await front.admin.endpoints.create(owner, { name: 'a', destinationUrl: recorder.url() });
  const id = await capture(front, endpoint.slug, '{}');
  const replay = front.admin.replays.send(owner, id, { destinationUrl: recorder.url() });
  await expect(replay).rejects.toMatchObject({ message: expect.stringContaining('undici') });
  await front.stop();

  const worker = createPaggio(options({ transport: { axios } }));
  await worker.start();
  expect((await settled(worker, owner, id)).status).toBe('delivered');
  await worker.stop();

  const usual = createPaggio(options({}));
  await usual.start();
  expect((await settled(usual, owner, await capture(usual, endpoint.slug, '{}'))).status).toBe('delivered');
  await usual.stop();
  await recorder.stop();
  await database.drop();
});
