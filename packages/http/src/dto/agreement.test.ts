import fc from 'fast-check';
import { invalid, operations, problemsOf, type ErrorDetail, type PaggioError, type Shape } from '@paggio/core';
import type { ClassConstructor } from 'class-transformer';
import { dtoSchema } from '../openapi/dto-schema';
import { parse } from '../parse';
import { BulkReplayDto, ReplayDto } from '../resources/replays/replays.dto';
import { DestinationCreateDto, DestinationUpdateDto } from '../resources/destinations/destinations.dto';
import { EndpointCreateDto, EndpointUpdateDto } from '../resources/endpoints/endpoints.dto';
import { KeyCreateDto } from '../resources/keys/keys.dto';
import { NotificationsDto } from '../resources/notifications/notifications.dto';
import { PublishDto } from '../resources/publish/publish.dto';
import { RotateSecretDto } from '../resources/secrets/secrets.dto';
import { TestEventDto } from '../resources/test-events/test-events.dto';

type Body = Record<string, unknown>;

/** The input of one operation, on the wire and in the process. */
interface Pair {
  dto: ClassConstructor<object>;
  /** The rule of its input. For single arguments, one rule for each member of the body. */
  shape: Shape | Record<string, Shape>;
  /** A valid body. */
  good: Body;
  /** Members that exist only on the wire: other names, and members that become options of the call. */
  wireOnly?: string[];
}

const { endpoints, keys, notifications, replays, bulkReplays, publishing, testEvents } = operations;
const ruleAt = (place: readonly (readonly [string, Shape])[], at: number): Shape =>
  (place[at] as readonly [string, Shape])[1];
const ID = '0190f3c0-0000-7000-8000-000000000000';

const pairs: Record<string, Pair> = {
  'endpoints.create': {
    dto: EndpointCreateDto,
    shape: ruleAt(endpoints.create, 1),
    good: { name: 'x' },
    wireOnly: ['url'],
  },
  'endpoints.update': { dto: EndpointUpdateDto, shape: ruleAt(endpoints.update, 2), good: {}, wireOnly: ['url'] },
  'destinations.create': {
    dto: DestinationCreateDto,
    shape: ruleAt(endpoints.addDestination, 2),
    good: { url: 'https://a.example/' },
  },
  'destinations.update': { dto: DestinationUpdateDto, shape: ruleAt(endpoints.updateDestination, 3), good: {} },
  'endpoints.rotateSecret': {
    dto: RotateSecretDto,
    shape: { overlap_seconds: ruleAt(endpoints.rotateSecret, 2) },
    good: {},
  },
  'endpoints.test': { dto: TestEventDto, shape: { event_type: ruleAt(testEvents.send, 2) }, good: {} },
  'keys.create': { dto: KeyCreateDto, shape: ruleAt(keys.create, 1), good: { name: 'x' }, wireOnly: ['expires_at'] },
  'notifications.put': { dto: NotificationsDto, shape: ruleAt(notifications.put, 1), good: { slack: null } },
  'replays.create': {
    dto: BulkReplayDto,
    shape: ruleAt(bulkReplays.create, 1),
    good: { filter: { status: 'failed' } },
  },
  'events.publish': {
    dto: PublishDto,
    shape: ruleAt(publishing.publish, 1),
    good: { event_type: 'a', payload: '{}' },
    wireOnly: ['payload'],
  },
  'events.replay': {
    dto: ReplayDto,
    shape: ruleAt(replays.send, 2),
    good: { environment: 'custom' },
    wireOnly: ['destination_url', 'customUrl', 'include_credentials', 'resign'],
  },
};

/** Members whose own names are data, or are not checked here. */
const sameNames = new Set(['retry', 'settings', 'replay_secrets', 'headers_json']);
const camel = (name: string): string =>
  name === 'headers_json' ? 'headers' : name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The body as the operation takes it in the process. */
function inProcess(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inProcess);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [camel(name), sameNames.has(name) ? one : inProcess(one)]),
  );
}

/** A problem with its field names in one spelling. */
const plain = ({ field, message }: ErrorDetail): string =>
  `${field}: ${message}`.replaceAll('headers_json', 'headers').replaceAll(/[a-z]+(?:_[a-z]+)+/g, camel);

function onTheWire({ dto }: Pair, body: Body): ErrorDetail[] {
  try {
    parse(dto, body, 'body');
    return [];
  } catch (error) {
    return (error as PaggioError).details;
  }
}

function inTheProcess({ shape }: Pair, body: Body): ErrorDetail[] {
  const problems =
    typeof shape === 'function'
      ? problemsOf([['', shape]], [inProcess(body)])
      : Object.entries(shape).flatMap(([name, one]) => problemsOf([[camel(name), one]], [body[name]]) ?? []);
  return invalid(problems ?? []).details;
}

/** Values of every type, at the limits of the rules and beyond them. */
const values: unknown[] = [
  ...[null, true, false, 0, -1, 1, 2, 1.5, 60, 61, 199, 200, 299, 300, 1000, 1001, 1440, 1441, 10_000, 10_001],
  ...[
    604_800,
    604_801,
    1e9,
    '',
    ' ',
    'a',
    '0',
    '10',
    'live',
    'test',
    'ACTIVE',
    'active',
    'failed',
    'original',
    'slack',
  ],
  ...[64, 65, 128, 129, 200, 201, 255, 256, 257, 512, 513, 2000, 2001, 2048, 2049].map((length) => 'a'.repeat(length)),
  ...[16_384, 16_385, 32_768, 32_769, 65_536, 65_537].map((length) => 'a'.repeat(length)),
  ...[
    'invoice.*',
    '*',
    'a b',
    'caf\u00e9',
    '\u0085',
    'a\nb',
    'https://a.example/',
    ID,
    `ep_${ID}`,
    ID.toUpperCase(),
    'whsec_x',
  ],
  ...[[], ['a'], ['a', 'a'], [null], [[]], [7], ['read'], ['read', 'read'], ['failed'], [ID], [`ep_${ID}`]],
  Array.from({ length: 21 }, () => 'a'),
  Array.from({ length: 101 }, () => 'a'),
  ...[{}, { a: 'b' }, { a: 7 }, { surprise: 1 }, { name: 7 }, { status: 200, body: '' }, { status: 300, body: 7 }],
  ...[{ provider: 'github' }, { provider: 7, surprise: 1 }, { provider: 'github', secrets: [7, '', { value: 7 }] }],
  ...[
    { provider: 'github', public_url: 'x' },
    { provider: 'github', replay_secrets: { local: 7 } },
  ],
  ...[{ triggers: [] }, { triggers: ['failed'] }, { triggers: ['x'], url: 7 }, { certificate: 7 }, { private_key: 7 }],
  ...[[{ url: 'https://a.example/' }], [{ url: 7 }], [{ id: 'x', surprise: 1 }], [{ timeout_seconds: 61 }], [7]],
];

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 80);

test.each(Object.entries(pairs))(
  '%s accepts and refuses the same on the wire and in the process, with the same messages',
  (id, pair) => {
    const names = Object.keys(dtoSchema(pair.dto).properties ?? {}).filter((name) => !pair.wireOnly?.includes(name));
    let refused = 0;
    for (const name of names) {
      // One comparison for each name, because most of the time went into comparing.
      const found = values.map((value) => {
        const body = { ...pair.good, [name]: value };
        const [wire, process] = [onTheWire(pair, body), inTheProcess(pair, body)];
        refused += wire.length;
        return { name, value, wire: wire.map(plain), process: process.map(plain) };
      });
      const differing = found.filter(({ wire, process }) => JSON.stringify(wire) !== JSON.stringify(process));
      expect(differing.map(({ value, ...rest }) => ({ ...rest, value: shown(value) }))).toEqual([]);
      const without = Object.fromEntries(Object.entries(pair.good).filter(([one]) => one !== name));
      if (id !== 'events.replay')
        expect([name, onTheWire(pair, without).map(plain)]).toEqual([name, inTheProcess(pair, without).map(plain)]);
    }
    expect(refused).toBeGreaterThan(10);
  },
);

test('any text is either accepted by both or refused by both', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(pairs)),
      fc.array(fc.nat(0x10_ffff), { maxLength: 300 }).map((points) => String.fromCodePoint(...points)),
      fc.nat(),
      (id, text, at) => {
        const pair = pairs[id] as Pair;
        const names = Object.keys(dtoSchema(pair.dto).properties ?? {}).filter(
          (name) => !pair.wireOnly?.includes(name),
        );
        const name = names[at % names.length] as string;
        const body = { ...pair.good, [name]: text };
        expect(onTheWire(pair, body).length === 0).toBe(inTheProcess(pair, body).length === 0);
      },
    ),
    { numRuns: process.env['PAGGIO_FULL'] === '1' ? 500 : 150 },
  );
});

test('an unknown member is refused by both, and both suggest the right name', () => {
  for (const [id, pair] of Object.entries(pairs)) {
    if (typeof pair.shape !== 'function') continue;
    const body = { ...pair.good, surprise: 1 };
    expect([id, onTheWire(pair, body)]).toEqual([
      id,
      [{ field: 'surprise', message: 'There is no field "surprise".' }],
    ]);
    expect([id, inTheProcess(pair, body)]).toEqual([id, onTheWire(pair, body)]);
  }
  const { details } = ((): PaggioError => {
    try {
      parse(
        EndpointCreateDto,
        { name: 'x', destinationUrl: 'https://a.example/', destinations: [{ uri: 'x' }] },
        'body',
      );
    } catch (error) {
      return error as PaggioError;
    }
    throw new Error('It was accepted.');
  })();
  expect(details).toEqual(
    expect.arrayContaining([
      { field: 'destinationUrl', message: 'There is no field "destinationUrl". Did you mean "destination_url"?' },
      { field: 'destinations[0].uri', message: 'There is no field "uri". Did you mean "url"?' },
    ]),
  );
});
