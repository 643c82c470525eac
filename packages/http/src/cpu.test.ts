import { setTimeout } from 'node:timers/promises';
import { withoutDelivery } from '@paggio/core/testing';
import { dialectNames, dialects } from './dialects';
import type { Operation } from './operation';
import { createDocument } from './openapi/document';
import { operations } from './resources/operations';
import { request, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

/**
 * No request keeps the process busy for long, whatever JSON it contains. The test counts CPU time, not elapsed time, and compares
 * it with a parser and a printer on the same bytes, which are linear.
 */
const full = process.env['PAGGIO_FULL'] === '1';
const BYTES = full ? 250_000 : 100_000;
/** The size of a shape as one member. */
const MEMBER_BYTES = full ? 60_000 : 40_000;
/** The number of members in one body. The full check sends each member alone. */
const TOGETHER = full ? 1 : 4;
/** The body of a sign-in may have at most 4 KiB. */
const SESSION_BYTES = 3_000;
const SESSION = '/dashboard/session';
/** Parsing and checking a body takes two or three times as long as the parser and the printer. */
const FACTOR = 20;
/** Time for work that does not depend on the body: statements, and the client, which runs in this process. */
const FLOOR_MS = 150;
/**
 * A body that takes too long is sent again after a pause, because garbage collection or other work of this process may be the
 * cause. That does not happen each time.
 */
const ATTEMPTS = 10;
const PAUSE_MS = 200;
const MAX_ANSWER = 64 * 1024;

let server: GatewayServer;
let targets: Target[];

beforeAll(async () => {
  server = await startGatewayServer(
    { ...withoutDelivery, apiRateLimit: null },
    { dashboard: true, dialects: dialectNames },
  );
  const endpoint = (await server.api().post('/api/v1/endpoints', { name: 'cpu' })).data;
  targets = targetsOf(endpoint.id);
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

/** Joins as many items as fit into `bytes`. */
function fill(bytes: number, item: (index: number) => string): string {
  const items: string[] = [];
  for (let size = 0, index = 0; size < bytes; index++) {
    const text = item(index);
    items.push(text);
    size += text.length + 1;
  }
  return items.join();
}

const repeat = (text: string, bytes: number): string => text.repeat(Math.floor(bytes / text.length));

/** JSON values of about `bytes` bytes. */
const shapes: Readonly<Record<string, (bytes: number) => string>> = {
  'a wide object': (bytes) => `{${fill(bytes, (n) => `"m${n}":1`)}}`,
  'an object of long names': (bytes) =>
    `{${Array.from({ length: 200 }, (_, n) => `"${'n'.repeat(bytes / 250)}${n}":1`).join()}}`,
  'a deep object': (bytes) => `${repeat('{"a":', (bytes * 5) / 6)}1${repeat('}', bytes / 6)}`,
  'a deep array': (bytes) => `${repeat('[', bytes / 2)}${repeat(']', bytes / 2)}`,
  'a long array of numbers': (bytes) => `[${fill(bytes, () => '1')}]`,
  'a long array of objects': (bytes) => `[${fill(bytes, (n) => `{"url":"http://a.test/${n}","x":1}`)}]`,
  // It is within all limits, so it is checked to its end for each member. A fifth of the bytes is enough.
  'an array of wide objects': (bytes) =>
    `[${fill(bytes / 5, () => `{${Array.from({ length: 100 }, (_, n) => `"k${n}":${n}`).join()}}`)}]`,
  'a tree of many members': (bytes) => `{${fill(bytes, (n) => `"a${n}":{"b":{"c":[1,2,{"d":null}]}}`)}}`,
  'a long string': (bytes) => `"${repeat('a.', bytes)}"`,
  'a long string of escapes': (bytes) => `"${repeat('\\u0061\\\\', bytes)}"`,
  'a long string that begins like a URL': (bytes) => `"http://${repeat(' /@:', bytes)}"`,
  'repeated members': (bytes) => `{${fill(bytes, () => '"name":"a"')}}`,
  'a long number': (bytes) => repeat('9', bytes),
  'a long array of long numbers': (bytes) => `[${fill(bytes, () => `${repeat('1234567890', 40)}e-300`)}]`,
};

interface Target {
  name: string;
  method: string;
  path: string;
  /** The members of the operation's body. */
  members: string[];
}

/** Every operation of every table that changes something, with or without a body, and the sign-in. */
function targetsOf(id: string): Target[] {
  const tables = [
    { name: '', table: operations, base: '' },
    ...dialectNames.map((name) => ({
      name: `${name} `,
      table: dialects[name].operations,
      base: `/compat/${name}`,
    })),
  ];
  const sessions = [
    { name: 'sign-in', method: 'POST', path: SESSION, members: ['key'] },
    { name: 'mode of a session', method: 'PATCH', path: SESSION, members: ['mode'] },
  ];
  const seen = new Set<string>();
  const served = tables.flatMap(({ name, table, base }) => {
    const document = createDocument(table, 'http://gateway.test');
    return table
      .filter(({ method }) => method !== 'GET')
      .map((one) => ({
        name: name + one.id,
        method: one.method,
        path:
          base +
          one.path.replace(/:\w+/g, one.path.includes('endpoints') ? id : '01a1feba-f6e4-7000-a9af-4d30305a647b'),
        members: membersOf(document, one, seen),
      }));
  });
  return [...served, ...sessions];
}

/** The members of its body, except those that an earlier operation has with the same rules. */
function membersOf(document: any, { method, path }: Operation, seen: Set<string>): string[] {
  const route = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
  const schema = route?.requestBody?.content?.['application/json']?.schema ?? {};
  const named = schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;
  // A body with several forms has the members of all forms.
  const forms: any[] = named.oneOf ?? [named];
  return forms
    .flatMap(({ properties = {} }) => Object.entries(properties))
    .flatMap(([name, rules]) => {
      const text = JSON.stringify([name, rules]);
      if (seen.has(text)) return [];
      seen.add(text);
      return [name];
    });
}

function groups(members: string[]): string[][] {
  return members.flatMap((_, n) => (n % TOGETHER === 0 ? [members.slice(n, n + TOGETHER)] : []));
}

function cpuMs(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

/** Sends a body to an operation, and returns the CPU time that it took. */
async function measure(method: string, path: string, body: string): Promise<{ took: number; answer: RawAnswer }> {
  const before = process.cpuUsage();
  const answer = await request(server.port, {
    method,
    path,
    headers: [
      ['Authorization', `Bearer ${server.key}`],
      ['Origin', 'http://gateway.localhost'],
    ],
    body,
  });
  return { took: cpuMs(before), answer };
}

function referenceMs(value: string): number {
  const before = process.cpuUsage();
  for (let round = 0; round < 3; round++) {
    try {
      JSON.stringify(JSON.parse(value));
    } catch {
      // It is too deep for the printer: what the parser took counts.
    }
  }
  return cpuMs(before) / 3;
}

/**
 * The full check sends every shape in every place. Otherwise each shape goes to every fifth of the places, and to others than the
 * shape before it, so that each place gets several shapes.
 */
const SHARE = full ? 1 : 5;
const names = Object.keys(shapes);

test.each(Object.entries(shapes))('%s costs no operation more than reading it once', async (name, shape) => {
  const isSent = (place: number): boolean => (place + names.indexOf(name)) % SHARE === 0;
  let places = 0;
  const [whole, part, small] = [shape(BYTES), shape(MEMBER_BYTES), shape(SESSION_BYTES)];
  const [wholeMs, partMs] = [referenceMs(whole), referenceMs(part)];
  const problems: string[] = [];
  // Deletions come last, because the other operations need the objects.
  const inOrder = [...targets].sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));
  expect(inOrder.flatMap(({ members }) => members).length).toBeGreaterThan(50);
  for (const { name, method, path, members } of inOrder) {
    const bodies = [
      { what: 'itself', body: () => whole, reference: wholeMs },
      ...groups(members).map((group) => ({
        what: group.join(', '),
        body: () => `{${group.map((member) => `${JSON.stringify(member)}:${part}`).join()}}`,
        reference: partMs * group.length,
      })),
      // The same shape, as large as a sign-in may be.
      ...(path === SESSION ? [{ what: 'a small one', body: () => `{"key":${small}}`, reference: 0 }] : []),
    ];
    for (const { what, body, reference } of bodies) {
      if (!isSent(places++)) continue;
      const seen = `${name} with ${what}`;
      const limit = FLOOR_MS + FACTOR * reference;
      let { took, answer } = await measure(method, path, body());
      for (let attempt = 1; took > limit && attempt < ATTEMPTS; attempt++) {
        await setTimeout(PAUSE_MS);
        ({ took, answer } = await measure(method, path, body()));
      }
      if (took > limit) problems.push(`${seen}: ${took} ms of CPU, reference ${reference} ms`);
      if (answer.body.length > MAX_ANSWER) problems.push(`${seen}: an answer of ${answer.body.length} bytes`);
      if (answer.status < 200 || answer.status >= 500) problems.push(`${seen}: status ${answer.status}`);
      if (answer.status === 422)
        expect(JSON.parse(answer.body.toString()).details?.length ?? 0).toBeLessThanOrEqual(20);
    }
  }
  expect(problems).toEqual([]);
});

test('an object with more than 200 members is refused with the reason, and so is a long array', async () => {
  const wide = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`m${n}`, 1]));
  const answers = [
    await server.api().post('/api/v1/endpoints', { name: 'a', ...wide }),
    await server.api().post('/api/v1/endpoints', { name: 'a', headers_json: wide }),
    await server.api().post('/api/v1/keys', { name: 'a', scopes: Array.from({ length: 1_001 }, () => 'read') }),
  ];
  expect(answers.map(({ status, data }) => [status, data.code, data.details])).toEqual([
    [422, 'VALIDATION_FAILED', [{ field: 'body', message: 'An object may have at most 200 members.' }]],
    [422, 'VALIDATION_FAILED', [{ field: 'headers_json', message: 'An object may have at most 200 members.' }]],
    [422, 'VALIDATION_FAILED', [{ field: 'scopes', message: 'An array may have at most 1000 items.' }]],
  ]);
});

test('an answer names 20 mistakes and the number of further ones', async () => {
  const unknown = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`m${n}`, 1]));
  const { status, data } = await server.api().post('/api/v1/endpoints', { name: 'a', ...unknown });
  expect([status, data.details.length, data.hint]).toEqual([
    422,
    20,
    'There is no field "m0". There are 130 more mistakes like these.',
  ]);
});

test('a payload may have any number of members, because it is not checked', async () => {
  const payload = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`m${n}`, n]));
  const { status } = await server.api().post('/api/v1/events', { event_type: 'a', payload });
  expect(status).toBe(202);
});

test('custom headers are at most 50, with 16 KiB of names and values', async () => {
  const headers = (count: number, length: number): object =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`x-${String(n).padStart(3, '0')}`, 'v'.repeat(length)]),
    );
  const create = async (headers_json: object, where: 'endpoint' | 'destination'): Promise<unknown[]> => {
    const { status, data } = await server.api().post('/api/v1/endpoints', {
      name: 'headers',
      ...(where === 'endpoint'
        ? { destination_url: 'http://127.0.0.1:9/', headers_json }
        : { destinations: [{ url: 'http://127.0.0.1:9/', headers_json }] }),
    });
    return [status, data.details?.[0]?.message];
  };
  for (const where of ['endpoint', 'destination'] as const) {
    expect(await create(headers(50, 10), where)).toEqual([201, undefined]);
    expect(await create(headers(51, 10), where)).toEqual([422, 'There may be at most 50 headers.']);
    expect(await create(headers(2, 8_187), where)).toEqual([201, undefined]);
    expect(await create(headers(3, 8_000), where)).toEqual([
      422,
      'Names and values may have at most 16384 characters together.',
    ]);
  }
});
