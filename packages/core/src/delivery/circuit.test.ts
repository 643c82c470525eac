import { capture, owner, query, Recorder, shortLeases, startGateway, until, type TestGateway } from '../testing';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({}, { timing: shortLeases });
});

afterAll(() => gateway.stop());

/** An endpoint with waiting events, whose circuit was open and may be probed now. */
async function halfOpen(recorder: Recorder, bodies: readonly string[]): Promise<string[]> {
  const { paggio, database } = gateway;
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'probed',
    destinationUrl: recorder.url(),
    timeoutSeconds: 60,
  });
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'PAUSED' });
  const ids: string[] = [];
  for (const body of bodies) ids.push(await capture(paggio, endpoint.slug, body));
  await query(
    database.url,
    `update paggio.destinations set open_until = now(), strain = 12, openings = 3 where endpoint_id = '${endpoint.id}';
     update paggio.deliveries set attempt_count = 3, due_at = now() - interval '1 hour' where event_id = '${ids[0]}'`,
  );
  await paggio.admin.endpoints.update(owner, endpoint.id, { status: 'ACTIVE' });
  return ids;
}

test('an event that is always refused does not keep a circuit open for the others [CRA-02]', async () => {
  const recorder = await Recorder.start((request, response) =>
    response.writeHead(request.body.toString() === 'poison' ? 500 : 200).end(),
  );
  const ids = await halfOpen(recorder, ['poison', 'a', 'b', 'c']);
  await recorder.received(1);
  expect(recorder.requests[0]?.body.toString()).not.toBe('poison');
  await until(gateway.paggio, async () => {
    const events = await Promise.all(ids.slice(1).map((id) => gateway.paggio.admin.events.get(owner, id)));
    return events.every(({ status }) => status === 'delivered') ? true : undefined;
  });
  await recorder.stop();
}, 20_000);

test('the circuit waits for a probe no longer than its lease, and the lease is renewed [CRA-02]', async () => {
  const recorder = await Recorder.start(() => undefined);
  await halfOpen(recorder, ['a']);
  await recorder.received(1);
  const secondsLeft = async (): Promise<number> => {
    const [row] = await query<{ seconds: number }>(
      gateway.database.url,
      'select extract(epoch from open_until - now())::float8 as seconds from paggio.destinations where open_until is not null',
    );
    return row?.seconds ?? 0;
  };
  const lease = shortLeases.leaseMs / 1_000;
  expect(await secondsLeft()).toBeLessThanOrEqual(lease);
  // A bit more than a sixth of the lease passes.
  await until(gateway.paggio, async () => ((await secondsLeft()) < (lease * 24.5) / 30 ? true : undefined));
  await until(gateway.paggio, async () => ((await secondsLeft()) > (lease * 28) / 30 ? true : undefined));
  await recorder.stop();
}, 30_000);
