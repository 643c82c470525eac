import { createHash } from 'node:crypto';
import { owner, Recorder, settled, startGateway, type TestGateway } from '../testing';

let gateway: TestGateway;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start();
  gateway = await startGateway({ localUrl: recorder.url(''), publicUrl: 'https://hooks.example.test' });
});

afterAll(async () => {
  await gateway.stop();
  await recorder.stop();
});

async function endpointOf(verification: object): Promise<{ id: string; webhookUrl: string }> {
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, {
    name: 't',
    destinationUrl: recorder.url('/in'),
    verification: { secrets: ['a secret of sixteen or more'], ...verification } as never,
  });
  return endpoint;
}

/** The headers with which a test event arrived at the destination. */
async function delivered(endpointId: string): Promise<Record<string, string>> {
  const eventId = await gateway.paggio.admin.testEvents.send(owner, endpointId);
  expect(await settled(gateway.paggio, owner, eventId)).toMatchObject({ status: 'delivered' });
  return recorder.requests.at(-1)?.headers as Record<string, string>;
}

test('a test event of LiveKit asks for the API key, without which its receivers refuse the token', async () => {
  const { id } = await endpointOf({ provider: 'livekit' });
  const before = recorder.requests.length;
  const asked = expect.objectContaining({
    code: 'VALIDATION_FAILED',
    details: [expect.objectContaining({ field: 'verification.settings.api_key' })],
  });
  await expect(gateway.paggio.admin.testEvents.send(owner, id)).rejects.toEqual(asked);
  expect(recorder.requests).toHaveLength(before);
});

test('a replay of LiveKit asks for the API key too, and its header then contains only the token', async () => {
  const { id } = await endpointOf({ provider: 'livekit', settings: { api_key: 'APIkey' } });
  const eventId = await gateway.paggio.admin.testEvents.send(owner, id);
  await settled(gateway.paggio, owner, eventId);
  const got = (): string | undefined => recorder.requests.at(-1)?.headers.authorization;
  expect(got()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  const replay = (): Promise<unknown> =>
    gateway.paggio.admin.replays.send(owner, eventId, { environment: 'local' }, { resign: true });
  await expect(replay()).resolves.toMatchObject({ status: 'delivered' });
  expect(got()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  await gateway.paggio.admin.endpoints.update(owner, id, {
    verification: { provider: 'livekit', secrets: ['a secret of sixteen or more'], settings: {} },
  });
  await expect(replay()).rejects.toMatchObject({ details: [{ field: 'verification.settings.api_key' }] });
});

test('a test event of Bird without a public_url has the hash of the webhook URL', async () => {
  const { id, webhookUrl } = await endpointOf({ provider: 'bird' });
  const token = (await delivered(id))['messagebird-signature-jwt'] as string;
  const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as object;
  expect(claims).toMatchObject({
    iss: 'MessageBird',
    nbf: expect.any(Number),
    url_hash: createHash('sha256').update(webhookUrl).digest('hex'),
  });
});

test('a test event has everything that a real event has, besides the signature', async () => {
  const box = await delivered((await endpointOf({ provider: 'box' })).id);
  expect(box).toMatchObject({ 'box-signature-version': '1', 'box-signature-algorithm': 'HmacSHA256' });
  const github = await delivered((await endpointOf({ provider: 'github' })).id);
  expect(github).toMatchObject({
    'x-hub-signature': expect.stringMatching(/^sha1=[0-9a-f]{40}$/),
    'x-hub-signature-256': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
  });
  const workos = await delivered((await endpointOf({ provider: 'workos' })).id);
  expect(workos['workos-signature']).toMatch(/^t=\d{13}, v1=[0-9a-f]{64}$/);
});

test.each<[string, object]>([
  ['a plain hash', { kind: 'hash', header: 'X-Sig', algorithm: 'md5', template: '{body}{secret}' }],
  [
    'a signature in the query',
    { kind: 'hash', signature_query: 'sig', algorithm: 'sha384', template: '{secret}{body}' },
  ],
  ['a secret in the body', { kind: 'token', body_path: 'passcode' }],
  [
    'a secret deep in the body, where other members are in the way',
    { kind: 'token', body_path: '/data/message/0/key' },
  ],
])('a test event and its replay with a new signature are verified: %s', async (_, settings) => {
  const { id } = await endpointOf({ provider: 'custom', settings });
  const eventId = await gateway.paggio.admin.testEvents.send(owner, id, 'thing.happened');
  expect(await settled(gateway.paggio, owner, eventId)).toMatchObject({ status: 'delivered' });
  const event = await gateway.paggio.admin.events.get(owner, eventId);
  expect(event).toMatchObject({ verifiedBy: 'custom', eventType: 'thing.happened' });
  expect(JSON.parse(event.body.toString())).toMatchObject({ type: 'thing.happened' });
  const replay = gateway.paggio.admin.replays.send(owner, eventId, { environment: 'local' }, { resign: true });
  await expect(replay).resolves.toMatchObject({ status: 'delivered' });
});

test('an event without the place for its secret is not signed again, and the refusal names the place', async () => {
  const { id } = await endpointOf({
    provider: 'custom',
    settings: { kind: 'hash', header: 'X-Sig', template: '{secret}{body}' },
  });
  const eventId = await gateway.paggio.admin.testEvents.send(owner, id);
  await settled(gateway.paggio, owner, eventId);
  const secrets = ['a secret of sixteen or more'];
  const settings = { kind: 'token', body_path: 'auth.passcode' };
  await gateway.paggio.admin.endpoints.update(owner, id, { verification: { provider: 'custom', secrets, settings } });
  const replay = gateway.paggio.admin.replays.send(owner, eventId, { environment: 'local' }, { resign: true });
  await expect(replay).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: [{ field: 'resign', message: 'The event cannot be signed: The body has no auth.passcode.' }],
  });
});
