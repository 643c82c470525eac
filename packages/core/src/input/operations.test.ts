import { scopes, type Paggio, type PaggioError } from '../index';
import { owner, startGateway, type TestGateway } from '../testing';
import { operations } from './operations';

let gateway: TestGateway;

beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.stop());

const principal = { ...owner, scopes: new Set(scopes), keyId: null };
const id = '0190f3c0-0000-7000-8000-000000000000';

/** Valid arguments of an operation, by what the table calls them. */
const valid: Record<string, unknown> = {
  owner,
  principal,
  id,
  destinationId: id,
  paging: { limit: 10, offset: 0, startingAfter: null },
  ids: [id],
  filter: { status: 'failed' },
  channel: 'slack',
  name: 'a handler',
};
/** Arguments whose members are named without a prefix, by operation. */
const inputs: Record<string, object> = {
  'endpoints.create': { name: 'x' },
  'endpoints.update': { name: 'y' },
  'endpoints.addDestination': { url: 'https://a.example/' },
  'endpoints.updateDestination': { name: 'z' },
  'keys.create': { name: 'k' },
  'replays.send': { environment: 'original' },
  'bulkReplays.create': { filter: { status: 'failed' } },
  'notifications.put': { slack: null },
  'stats.read': {},
};

const all = Object.entries(operations).flatMap(([service, table]) =>
  Object.entries(table as unknown as Record<string, [string, unknown][]>).map(
    ([operation, parameters]) => [`${service}.${operation}`, service, operation, parameters] as const,
  ),
);

const call = async (service: string, operation: string, args: unknown[]): Promise<unknown> => {
  const services = gateway.paggio as unknown as Record<string, Record<string, (...all: unknown[]) => Promise<unknown>>>;
  return services[service]?.[operation]?.(...args);
};
const failureOf = (work: Promise<unknown>): Promise<PaggioError> =>
  work.then(
    () => {
      throw new Error('It was accepted.');
    },
    (error: PaggioError) => error,
  );

test.each(all)(
  '%s refuses arguments of a wrong shape by name, and takes valid ones',
  async (place, service, operation, parameters) => {
    const good = parameters.map(([name]) => (name === '' ? inputs[place] : valid[name]));
    const outcome: unknown = await call(service, operation, good).catch((error: unknown) => error);
    // It is not there, or not allowed: but it is not malformed.
    if (outcome instanceof Error)
      expect((outcome as PaggioError).details.map(({ field }) => field)).not.toContain('owner');
    if (outcome instanceof Error) expect(outcome.name).toBe('PaggioError');

    for (const [index, [name]] of parameters.entries()) {
      const isOptional = good[index] === undefined;
      const wrong: unknown[] = [null, 7, true, 'x\0', [], [[]], () => undefined, Symbol('s'), new Date(NaN)];
      if (!isOptional && place !== 'stats.read') wrong.push(undefined);
      if (typeof good[index] === 'object' && !Array.isArray(good[index]) && name !== 'owner' && name !== 'principal')
        wrong.push({ ...good[index], surprise: 1 });
      // A null key or endpoint is none, and a text is one.
      const taken = (value: unknown): boolean =>
        isOptional && (value === null || (value === 7 && name === 'overlapSeconds'));
      for (const value of wrong.filter((one) => !taken(one))) {
        // An empty list of ids is a list.
        if (name === 'ids' && Array.isArray(value) && value.length === 0) continue;
        const args = [...good];
        args[index] = value;
        const error = await failureOf(call(service, operation, args));
        expect([place, name, value, error.name, error.code]).toEqual([
          place,
          name,
          value,
          'PaggioError',
          'VALIDATION_FAILED',
        ]);
        expect(error.details.every(({ field, message }) => field !== '' && message !== '')).toBe(true);
      }
    }
  },
);

test('every operation of the table exists', () => {
  for (const [, service, operation] of all)
    expect(typeof (gateway.paggio[service as keyof Paggio] as unknown as Record<string, unknown>)[operation]).toBe(
      'function',
    );
});

const wrongInputs: [string, unknown[], string, RegExp][] = [
  [
    'endpoints.create',
    [owner, { name: 'x', destination_url: 'https://a.example' }],
    'destination_url',
    /Did you mean "destinationUrl"\?/,
  ],
  ['endpoints.create', [owner, {}], 'name', /required/],
  ['endpoints.create', [owner, { name: ' ' }], 'name', /not blank/],
  ['endpoints.create', [owner, { name: 'x', timeoutSeconds: 61 }], 'timeoutSeconds', /1 to 60/],
  [
    'endpoints.create',
    [owner, { name: 'x', destinations: [{ uri: 'x' }] }],
    'destinations[0].uri',
    /Did you mean "url"\?/,
  ],
  ['endpoints.create', [{ userId: 'u' }, { name: 'x' }], 'owner.mode', /required/],
  ['endpoints.create', [{ mode: 'live' }, { name: 'x' }], 'owner.userId', /required/],
  [
    'endpoints.create',
    [owner, { name: 'x', verification: { provider: 'stripe', secrets: [undefined] } }],
    'verification.secrets[0]',
    /secrets\[0\] is undefined: is the environment variable set\?/,
  ],
  [
    'endpoints.create',
    [owner, { name: 'x', verification: { provider: 'stripe', secrets: [{ value: undefined }] } }],
    'verification.secrets[0].value',
    /is the environment variable set\?/,
  ],
  [
    'endpoints.create',
    [owner, { name: 'x', verification: { provider: 'strippe', secrets: ['whsec_x'] } }],
    'verification.provider',
    /Did you mean "stripe"\?/,
  ],
  ['endpoints.get', [owner, 'nope'], 'id', /UUID/],
  ['keys.create', [{ userId: 'u', mode: 'live' }, { name: 'k' }], 'principal.scopes', /Set/],
  ['keys.create', [principal, { name: 'k', scopes: ['everything'] }], 'scopes[0]', /read, write/],
  ['events.list', [owner, { since: 'yesterday' }, valid['paging']], 'filter.since', /Date/],
  ['events.list', [owner, {}, { limit: 1000, offset: 0, startingAfter: null }], 'paging.limit', /1 to 100/],
];

test.each(wrongInputs)('%s of %j names %s', async (place, args, field, message) => {
  const [service, operation] = place.split('.') as [string, string];
  const error = await failureOf(call(service, operation, args));
  expect(error).toMatchObject({
    code: 'VALIDATION_FAILED',
    details: [{ field, message: expect.stringMatching(message) }],
  });
});

test.each([
  undefined,
  null,
  7,
  {},
  { userId: 'u', payload: 1 },
  { userId: 'u', eventType: 7, payload: 1 },
  { userId: 'u', eventType: 'a', payload: 1, endpointIds: 'x' },
  { userId: 'u', eventType: 'a', payload: 1, endpointIds: [undefined] },
  { userId: 'u', eventType: 'a', payload: 1, idempotencyKey: 7 },
  { userId: 'u', eventType: 'a', payload: 1, endpoint_ids: [] },
])('publish refuses %j by name', async (event) => {
  const error = await failureOf(gateway.paggio.publish(event as never));
  expect(error).toMatchObject({ name: 'PaggioError', code: 'VALIDATION_FAILED' });
  await expect(
    gateway.paggio.publish({ userId: 'u', eventType: 'a', payload: 1 }, null as never),
  ).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    details: [{ field: 'options' }],
  });
});
