import { capture, owner, query, Recorder, settled, startGateway, until, type TestGateway } from '../testing';

let gateway: TestGateway;
let recorder: Recorder;
/** The status that each path answers with. */
const answers = new Map<string, number>();

beforeAll(async () => {
  gateway = await startGateway();
  recorder = await Recorder.start((request, response) => {
    const status = answers.get(request.url) ?? 200;
    response.writeHead(status).end(`${request.url} says ${status}`);
  });
});
afterAll(async () => {
  await gateway.stop();
  await recorder.stop();
});

beforeEach(() => answers.clear());

/** Creates an endpoint with a destination for each path. */
async function endpointWith(paths: readonly string[], retry: object = { maxAttempts: 1 }) {
  const destinations = paths.map((path) => ({ name: path.slice(1), url: recorder.url(path), retry }));
  const { endpoint } = await gateway.paggio.admin.endpoints.create(owner, { name: 'several', destinations });
  return endpoint;
}

const received = (path: string): number => recorder.requests.filter(({ url }) => url === path).length;

test('a replay of a failed event goes to the destinations that lack it, and reports each answer', async () => {
  const { paggio } = gateway;
  const endpoint = await endpointWith(['/has', '/lacks', '/lacks-too']);
  answers.set('/lacks', 500).set('/lacks-too', 404);
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"type":"a"}'));
  expect(event).toMatchObject({ status: 'failed', replayedStatus: null });
  const [, lacks, lacksToo] = endpoint.destinations.map(({ id }) => id);
  expect(event.replayTo).toEqual([
    { destinationId: lacks, url: recorder.url('/lacks') },
    { destinationId: lacksToo, url: recorder.url('/lacks-too') },
  ]);
  answers.set('/lacks', 202);
  const result = await paggio.admin.replays.send(owner, event.id, { environment: 'original' });
  expect(result).toMatchObject({ status: 'delivered', responseStatus: 202, destinationId: lacks });
  expect(result.attempts).toMatchObject([
    { id: result.id, destinationUrl: recorder.url('/lacks'), status: 'delivered', responseStatus: 202 },
    { destinationUrl: recorder.url('/lacks-too'), status: 'failed', responseStatus: 404 },
  ]);
  expect([received('/has'), received('/lacks'), received('/lacks-too')]).toEqual([1, 2, 2]);

  const after = await paggio.admin.events.get(owner, event.id);
  expect(after).toMatchObject({ status: 'failed', replayedStatus: 202, attemptCount: 3 });
  expect(after.replayTo).toMatchObject([{ destinationId: lacksToo }]);
  expect(after.attempts.slice(-2)).toMatchObject([
    { trigger: 'replay', number: 1, destinationId: lacks, status: 'delivered' },
    { trigger: 'replay', number: 2, destinationId: lacksToo, status: 'failed' },
  ]);
  const [listed] = await paggio.admin.events.summaries(owner, [event.id]);
  expect(listed).toMatchObject({ status: 'failed', replayedStatus: 202 });

  // A bulk replay of failed events does not send it to a destination that already has it either.
  answers.set('/lacks-too', 200);
  const before = recorder.requests.length;
  await paggio.admin.bulkReplays.create(owner, {
    filter: { status: 'failed', endpointId: endpoint.id },
    destinationId: null,
    idempotencyKey: null,
  });
  await recorder.received(before + 1);
  expect([received('/has'), received('/lacks'), received('/lacks-too')]).toEqual([1, 2, 3]);
});

test('when every destination has the event, a replay goes to the first, until one is added that lacks it', async () => {
  const { paggio } = gateway;
  const endpoint = await endpointWith(['/one', '/two']);
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"type":"a"}'));
  const urls = async (): Promise<string[]> => {
    const result = await paggio.admin.replays.send(owner, event.id, { environment: 'original' });
    return result.attempts.map(({ destinationUrl }) => destinationUrl);
  };
  expect(await urls()).toEqual([recorder.url('/one')]);
  await paggio.admin.endpoints.addDestination(owner, endpoint.id, {
    url: recorder.url('/other-types'),
    eventTypes: ['b'],
  });
  expect(await urls()).toEqual([recorder.url('/one')]);
  await paggio.admin.endpoints.addDestination(owner, endpoint.id, { url: recorder.url('/added') });
  expect(await urls()).toEqual([recorder.url('/added')]);
  expect(await urls()).toEqual([recorder.url('/one')]);
  expect((await paggio.admin.events.get(owner, event.id)).replayedStatus).toBeNull();
});

test('a destination with a forbidden address does not stop a replay to the others', async () => {
  const { paggio, database } = gateway;
  const endpoint = await endpointWith(['/private', '/public']);
  answers.set('/private', 500).set('/public', 500);
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"type":"a"}'));
  // It is as if the operator no longer allowed a network.
  const makePrivate = (path: string): Promise<unknown> =>
    query(
      database.url,
      `update paggio.destinations set url = 'http://10.0.0.1${path}' where url = '${recorder.url(path)}';
       update paggio.state set config_version = config_version + 1`,
    );
  await makePrivate('/private');
  answers.set('/public', 200);
  // The next statement that reports the configuration version makes the change visible.
  await settled(paggio, owner, await capture(paggio, (await endpointWith(['/x'])).slug, '{}'));
  const before = received('/public');
  const result = await paggio.admin.replays.send(owner, event.id, { environment: 'original' });
  expect(result.attempts).toMatchObject([
    { status: 'failed', responseStatus: null, error: expect.stringContaining('not a public address') },
    { status: 'delivered', responseStatus: 200 },
  ]);
  expect(received('/public') - before).toBe(1);
  await expect(paggio.admin.replays.send(owner, event.id, { environment: 'original' })).rejects.toMatchObject({
    code: 'DESTINATION_NOT_ALLOWED',
  });
});

test('a failed event shows the status of its delivered copy', async () => {
  const { paggio } = gateway;
  const endpoint = await endpointWith(['/copied']);
  answers.set('/copied', 500);
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  answers.set('/copied', 201);
  await settled(paggio, owner, await paggio.admin.replays.redeliver(owner, event.id));
  expect(await paggio.admin.events.get(owner, event.id)).toMatchObject({ status: 'failed', replayedStatus: 201 });
});

test('a replay to another URL does not count for the destination', async () => {
  const { paggio } = gateway;
  const endpoint = await endpointWith(['/down']);
  answers.set('/down', 500);
  const event = await settled(paggio, owner, await capture(paggio, endpoint.slug, '{}'));
  for (const target of [{ destinationUrl: recorder.url('/elsewhere') }, { environment: 'local' as const }])
    await paggio.admin.replays.send(owner, event.id, target);
  expect(await paggio.admin.events.get(owner, event.id)).toMatchObject({
    replayedStatus: null,
    replayTo: [{ url: recorder.url('/down') }],
  });
});

const orders = [
  ['ok', 'failed', 'waiting'],
  ['ok', 'waiting', 'failed'],
  ['failed', 'ok', 'waiting'],
  ['failed', 'waiting', 'ok'],
  ['waiting', 'ok', 'failed'],
  ['waiting', 'failed', 'ok'],
];

test.each(orders)(
  'the answer of an event with destinations %s, %s, %s is the answer of the failed one',
  async (...kinds) => {
    const { paggio } = gateway;
    const codes: Record<string, number> = { ok: 200, failed: 422, waiting: 503 };
    const policies: Record<string, object> = { waiting: { scheduleSeconds: [600] } };
    const made = kinds.map((kind, index) => ({ kind, path: `/${kinds.join('-')}/${index}` }));
    for (const { kind, path } of made) answers.set(path, codes[kind] as number);
    const { endpoint } = await paggio.admin.endpoints.create(owner, {
      name: 'order',
      destinations: made.map(({ kind, path }) => ({
        url: recorder.url(path),
        retry: policies[kind] ?? { maxAttempts: 1 },
      })),
    });
    const id = await capture(paggio, endpoint.slug, '{}');
    const event = await until(paggio, async () => {
      const found = await paggio.admin.events.get(owner, id);
      return found.attemptCount === 3 ? found : undefined;
    });
    const [summary] = await paggio.admin.events.summaries(owner, [id]);
    expect(event).toMatchObject({ status: 'pending', responseStatus: 422 });
    expect(summary).toMatchObject({ status: 'pending', responseStatus: 422 });
    const failed = made.find(({ kind }) => kind === 'failed')?.path;
    expect(event.responseBody?.toString()).toBe(`${failed} says 422`);
    // Without a failed destination, the status is that of the pending one, and finally that of the first.
    const destinationOf = (kind: string): string => endpoint.destinations[kinds.indexOf(kind)]?.id as string;
    await query(
      gateway.database.url,
      `update paggio.deliveries set state = 'delivered', response_status = 201
     where event_id = '${id}' and destination_id = '${destinationOf('failed')}'`,
    );
    expect(await paggio.admin.events.get(owner, id)).toMatchObject({ status: 'pending', responseStatus: 503 });
    await query(
      gateway.database.url,
      `update paggio.deliveries set state = 'delivered', response_status = 202, due_at = null
     where event_id = '${id}' and destination_id = '${destinationOf('waiting')}'`,
    );
    const first = { ok: 200, failed: 201, waiting: 202 }[kinds[0] as 'ok' | 'failed' | 'waiting'];
    expect(await paggio.admin.events.get(owner, id)).toMatchObject({ status: 'delivered', responseStatus: first });
  },
);
