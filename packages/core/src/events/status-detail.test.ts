import {
  capture,
  captureFromGitHub,
  gitHub,
  owner,
  Recorder,
  settled,
  startGateway,
  type TestGateway,
} from '../testing';

let gateway: TestGateway;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start((_request, response) => void response.writeHead(422).end());
  gateway = await startGateway({}, {}, undefined, (paggio) => {
    const only = { endpoint: ['handled', 'github'] };
    paggio.on('*', 'invoice.*', () => undefined, { name: 'invoices', ...only });
    paggio.on('github', 'push', () => undefined, { name: 'pushes', ...only });
  });
});
afterAll(async () => {
  await gateway.stop();
  await recorder.stop();
});

const made = async (input: Parameters<TestGateway['paggio']['admin']['endpoints']['create']>[1]) =>
  (await gateway.paggio.admin.endpoints.create(owner, input)).endpoint;
const detailOf = async (slug: string, body: string): Promise<string | null> =>
  (await gateway.paggio.admin.events.get(owner, await capture(gateway.paggio, slug, body))).statusDetail;

test('an event without a destination says so, and says when the endpoint has one now', async () => {
  const { paggio } = gateway;
  const { id, slug } = await made({ name: 'sink' });
  const event = await paggio.admin.events.get(owner, await capture(paggio, slug, '{}'));
  expect(event).toMatchObject({ statusReason: 'no_destination', statusDetail: 'The endpoint has no destination.' });
  await paggio.admin.endpoints.update(owner, id, { destinationUrl: recorder.url() });
  expect((await paggio.admin.events.get(owner, event.id)).statusDetail).toBe(
    'The configuration has changed since the event arrived: a replay would deliver it now.',
  );
});

test('an event that no handler takes says what each handler requires', async () => {
  const { slug } = await made({ name: 'handled' });
  expect(await detailOf(slug, '{"type":"invoice.paid"}')).toBe(
    'The handler "invoices" accepts only verified events, and this one is not verified: set up verification, or set the option unverified of the handler. ' +
      'The handler "pushes" accepts only events of github, and this one is of unknown.',
  );
  const verified = await made({ name: 'github', verification: gitHub });
  const id = await captureFromGitHub(gateway.paggio, verified.slug, 'star', '{"action":"created"}');
  expect((await gateway.paggio.admin.events.get(owner, id)).statusDetail).toBe(
    'The handler "invoices" accepts only the event type invoice.*, and this event has the type star.created. ' +
      'The handler "pushes" accepts only the event type push, and this event has the type star.created.',
  );
});

test('a filtered event names the filter that it did not pass', async () => {
  const types = { name: 'f', destinationUrl: recorder.url() };
  const { slug } = await made({ ...types, eventTypes: ['a', 'b.*'] });
  expect(await detailOf(slug, '{"type":"c"}')).toBe(
    'The endpoint delivers only the event types a, b.*, and this event has the type c.',
  );
  const narrow = await made({ name: 'n', destinations: [{ url: recorder.url('/x'), eventTypes: ['a'] }] });
  expect(await detailOf(narrow.slug, '{}')).toBe(
    `The destination ${recorder.url('/x')} accepts only the event type a, and this event has no type.`,
  );
});

test('a failed event says what its destination answered, and a held event why it waits', async () => {
  const { paggio } = gateway;
  const { id, slug } = await made({ name: 'down', destinationUrl: recorder.url('/d'), retry: { maxAttempts: 1 } });
  const failed = await settled(paggio, owner, await capture(paggio, slug, '{}'));
  expect(failed.statusDetail).toBe(`${recorder.url('/d')}: HTTP 422; out of attempts (limit 1)`);
  await paggio.admin.endpoints.update(owner, id, { status: 'PAUSED' });
  expect(await detailOf(slug, '{}')).toBe('the endpoint is paused');
});
