import { scopes, type PaggioError } from '../index';
import { owner, startGateway, type TestGateway } from '../testing';

let gateway: TestGateway;

beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.stop());

const principal = { ...owner, scopes: new Set(scopes), keyId: null };
const paging = { limit: 10, offset: 0, startingAfter: null };

const call = async (service: string, operation: string, args: unknown[]): Promise<unknown> => {
  const target = Reflect.get({ ...gateway.paggio.admin, ...gateway.paggio.host }, service) as Record<
    string,
    (...all: unknown[]) => Promise<unknown>
  >;
  return target[operation]?.(...args);
};
const failureOf = (work: Promise<unknown>): Promise<PaggioError> =>
  work.then(
    () => {
      throw new Error('It was accepted.');
    },
    (error: PaggioError) => error,
  );

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
    [owner, { name: 'x', destinations: [{ url: 'https://a.example', nam: 'x' }] }],
    'destinations[0].nam',
    /Did you mean "name"\?/,
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
  ['keys.create', [{ userId: 'u', mode: 'live' }, { name: 'k' }], 'principal.scopes', /required/],
  ['keys.create', [{ ...owner, scopes: ['admin'] }, { name: 'k' }], 'principal.scopes', /Set/],
  ['keys.create', [principal, { name: 'k', scopes: ['everything'] }], 'scopes[0]', /read, write/],
  ['events.list', [owner, { since: 'yesterday' }, paging], 'filter.since', /Date/],
  ['events.list', [owner, {}, { limit: 1000, offset: 0, startingAfter: null }], 'paging.limit', /1 to 100/],
];

test.each(wrongInputs)('%s with the arguments %j names the field %s', async (place, args, field, message) => {
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
