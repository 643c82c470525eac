import { captureFromGitHub, gitHub, owner, Recorder, settled } from '@paggio/core/testing';
import { startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;

beforeAll(async () => {
  server = await startGatewayServer({}, {}, undefined, {}, (paggio) => {
    paggio.on('github', 'push', (event) => {
      if ((event.payload as { bad?: true }).bad) throw new Error('not today');
    });
  });
});

afterAll(() => server.stop());

test('a handler of the app is shown as a destination that only its code can change', async () => {
  const recorder = await Recorder.start();
  const { data: endpoint } = await server.api().post('/api/v1/endpoints', { name: 'hub', verification: gitHub });
  const path = `/api/v1/endpoints/${endpoint.id}`;
  const good = await captureFromGitHub(server.paggio, endpoint.slug, 'push', '{}');
  await settled(server.paggio, owner, good);
  const shown = (await server.api().get(path)).data;
  expect(shown.destination_url).toBeNull();
  expect(shown.destinations).toMatchObject([{ name: 'github:push', url: 'handler:github:push', status: 'ACTIVE' }]);
  expect((await server.api().get(`/api/v1/events/${good}`)).data.attempts[0].destination_url).toBe(
    'handler:github:push',
  );

  const at = `${path}/destinations/${shown.destinations[0].id}`;
  expect((await server.api().patch(at, { status: 'PAUSED' })).data.status).toBe('PAUSED');
  expect((await server.api().patch(at, { status: 'ACTIVE' })).data.status).toBe('ACTIVE');
  for (const change of [{ url: recorder.url() }, { name: 'x' }, { timeout_seconds: 5 }]) {
    const refused = await server.api().patch(at, change);
    expect([refused.status, refused.data.hint]).toEqual([422, expect.stringContaining('in the code')]);
  }
  const refused = await server.api().delete(at);
  expect([refused.status, refused.data.code]).toEqual([409, 'CONFLICT']);
  // The list is sent back as it was read, with a new URL.
  const all = [...shown.destinations, { url: recorder.url() }].map(({ id, url }) => ({ id, url }));
  expect((await server.api().patch(path, { destinations: all })).data.hint).toContain('in the code');
  const two = (await server.api().patch(path, { destination_url: recorder.url() })).data;
  expect([two.destination_url, two.destinations.length]).toEqual([recorder.url(), 2]);
  expect((await server.api().patch(path, { destinations: [] })).data.destinations).toHaveLength(1);
  await recorder.stop();
});

test('an event that a handler failed is a dead letter; a redelivery calls it again, and it has no URL to replay to', async () => {
  const settings = { name: 'hub', verification: gitHub, retry: { preset: 'none' } };
  const { data: endpoint } = await server.api().post('/api/v1/endpoints', settings);
  const id = await captureFromGitHub(server.paggio, endpoint.slug, 'push', '{"bad":true}');
  await settled(server.paggio, owner, id);
  const event = (await server.api().get(`/api/v1/events/${id}`)).data;
  expect(event).toMatchObject({ status: 'failed', status_reason: 'exhausted' });
  expect(event.attempts[0]).toMatchObject({ error: 'handler_failed: not today', response_status: null });
  const original = await server.api().post(`/api/v1/events/${id}/replay`, { environment: 'original' });
  expect([original.status, original.data.hint]).toEqual([422, expect.stringContaining('no destination URL')]);
  const again = await server.api().post(`/api/v1/events/${id}/replay`, {});
  expect(again.status).toBe(202);
});
