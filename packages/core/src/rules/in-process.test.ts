import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPaggio, migrate, migrationSql, rotateMasterKey, scopes, type Paggio, type PaggioError } from '../index';
import { startGateway, testMasterKey, withoutDelivery, type TestGateway } from '../testing';
import { problemsOf, type Arguments } from '../input/check';
import { adminOperations, hostOperations, operations, ownOperations } from './operations';
import type { RuleSchema, Shape } from '../input/shape';

let gateway: TestGateway;
beforeAll(async () => (gateway = await startGateway(withoutDelivery)));
afterAll(() => gateway.stop());

type Method = (...args: unknown[]) => unknown;

type Methods<T> = { [Name in keyof T as T[Name] extends (...args: never[]) => unknown ? Name : never]: Arguments };
type Facts = 'options' | 'isEnding' | 'bodyMs';
type Services = Omit<Paggio['admin'], keyof Methods<Paggio['admin']>> &
  Omit<Paggio['host'], keyof Methods<Paggio['host']> | Facts>;

// An operation without rules does not compile.
operations satisfies { [Name in keyof Services]: Methods<Services[Name]> };
adminOperations satisfies Methods<Paggio['admin']>;
hostOperations satisfies Methods<Paggio['host']>;
ownOperations satisfies Methods<Paggio>;

/** The operations of each service, and of the objects with methods of their own. */
const tables: Record<string, Record<string, Arguments>> = {
  ...operations,
  paggio: ownOperations,
  admin: adminOperations,
  host: hostOperations,
};
const targetOf = (service: string): Record<string, Method> => {
  const { paggio } = gateway;
  const all = { paggio, ...paggio, ...paggio.admin, ...paggio.host };
  return Reflect.get(all, service) as Record<string, Method>;
};

const all = Object.entries(tables).flatMap(([service, table]) =>
  Object.entries(table)
    .filter(([, expected]) => expected.length > 0)
    .map(([name, expected]) => [`${service}.${name}`, service, name, expected] as const),
);

/** The error that the operation rejected with or threw, or null when it accepted its arguments. */
async function failureOf(service: string, name: string, args: unknown[]): Promise<unknown> {
  try {
    const target = targetOf(service);
    await (target[name] as Method).apply(target, args);
    return null;
  } catch (error) {
    return error;
  }
}

const throwing = (): never => {
  throw new TypeError('a getter threw');
};
/** A value that throws on any use. */
const hostile: object = new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing });
const withGetter = (name: string, others: object): object =>
  Object.defineProperty({ ...others }, name, { get: throwing, enumerable: true });

const SOME_ID = '0190f3c0-0000-7000-8000-000000000000';
/** Values that no schema describes. */
const special: Record<string, unknown> = { scopes: new Set(scopes), payload: '{}' };
/** Arguments that no schema describes. */
const urls: Record<string, unknown> = { publicUrl: 'https://a.example', url: 'https://b.example' };

/** Makes a value that the rule accepts, from the rule's schema. */
function validOf(shape: Shape | RuleSchema): unknown {
  const schema: RuleSchema = 'schema' in shape ? shape.schema : shape;
  if (schema.anyOf) return validOf(schema.anyOf.at(-1) as Shape);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'string') return schema.pattern?.includes('{12}') ? SOME_ID : 'a';
  if (schema.type === 'integer') return schema.minimum;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'array') return schema.items && (schema.minItems ?? 0) > 0 ? [validOf(schema.items)] : [];
  if (schema.type !== 'object') return undefined;
  const required = Object.entries(schema.properties ?? {}).filter(([, member]) => !member.acceptsUndefined);
  return Object.fromEntries(required.map(([name, member]) => [name, special[name] ?? validOf(member)]));
}

/** The members of an object's rule. For a choice between objects, those of the last one, which `validOf` makes. */
function membersOf({ schema }: Shape): Readonly<Record<string, Shape>> {
  return schema.properties ?? (schema.anyOf ? membersOf(schema.anyOf.at(-1) as Shape) : {});
}

interface Case {
  what: string;
  args: unknown[];
  /** The field that the error names. */
  field: string;
}

/** Every wrong call of an operation: one argument is wrong, or one member of it at any depth. */
function casesOf(expected: Arguments): Case[] {
  const good = expected.map(([, shape]) => validOf(shape));
  return expected.flatMap(([name, shape], index): Case[] => {
    const withArgument = (value: unknown): unknown[] => good.map((one, at) => (at === index ? value : one));
    return wrongValues(shape, good[index], name, 0).map(({ what, value, field }) => ({
      what: `${name || 'input'}: ${what}`,
      args: withArgument(value),
      field,
    }));
  });
}

interface WrongValue {
  what: string;
  value: unknown;
  field: string;
}

function wrongValues(shape: Shape, good: unknown, field: string, depth: number): WrongValue[] {
  const here = field === '' ? 'input' : field;
  const found: WrongValue[] = [
    { what: 'a symbol', value: Symbol('wrong'), field: here },
    { what: 'an object that throws when read', value: hostile, field: here },
  ];
  if (!shape.acceptsUndefined) found.push({ what: 'undefined', value: undefined, field: here });
  if (!shape.acceptsNull) found.push({ what: 'null', value: null, field: here });
  const members = Object.entries(membersOf(shape));
  if (members.length === 0 || depth > 2) return found;
  const base = good ?? validOf(shape);
  const place = (name: string): string => (field === '' ? name : `${field}.${name}`);
  if (here !== 'owner' && here !== 'principal') {
    found.push({ what: 'an unknown member', value: { ...(base as object), surprise: 1 }, field: place('surprise') });
    found.push({
      what: 'an unknown member of a prototype',
      value: Object.assign(Object.create({ surprise: 1 }) as object, base),
      field: place('surprise'),
    });
    const own = JSON.parse('{"__proto__": {"admin": true}}') as object;
    for (const [name, value] of Object.entries(base as object))
      Object.defineProperty(own, name, { value, enumerable: true });
    found.push({ what: 'a member __proto__', value: own, field: place('__proto__') });
  }
  for (const [name, member] of members) {
    found.push({ what: `${name} whose getter throws`, value: withGetter(name, base as object), field: place(name) });
    const inner = (base as Record<string, unknown>)[name];
    for (const wrong of wrongValues(member, inner, place(name), depth + 1))
      found.push({ ...wrong, what: `${name}: ${wrong.what}`, value: { ...(base as object), [name]: wrong.value } });
  }
  return found;
}

/** A payload of `null` is valid JSON. */
const isFine = (place: string, what: string): boolean => place === 'paggio.publish' && what === 'input: payload: null';

test.each(all.filter(([place]) => place !== 'paggio.on'))(
  '%s refuses each wrong argument, and each wrong member of one, by name',
  async (place, service, name, expected) => {
    const cases = casesOf(expected).filter(({ what }) => !isFine(place, what));
    expect(cases.length).toBeGreaterThan(0);
    for (const { what, args, field } of cases) {
      const error = (await failureOf(service, name, args)) as PaggioError | null;
      expect([place, what, error?.name, error?.code]).toEqual([place, what, 'PaggioError', 'VALIDATION_FAILED']);
      expect([place, what, error?.details.map((one) => one.field)]).toEqual([
        place,
        what,
        expect.arrayContaining([expect.stringMatching(new RegExp(`^${escaped(field)}`))]),
      ]);
      expect(error?.message).not.toBe('');
      expect(error?.hint).not.toBe('');
    }
  },
);

test.each(
  all.filter(
    ([, service, name]) =>
      !['paggio', 'admin', 'host'].includes(service) && !['receive', 'submit', 'explain'].includes(name),
  ),
)('%s accepts arguments that its rules allow', async (_place, service, name, expected) => {
  const args = expected.map(([argument, shape]) => urls[argument] ?? validOf(shape));
  expect(problemsOf(expected, args)).toBeUndefined();
  // It may still fail, because the object does not exist or is not allowed.
  const error = await failureOf(service, name, args);
  if (error !== null) expect(error).toMatchObject({ name: 'PaggioError' });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const sources = readdirSync(join(__dirname, '..'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(__dirname, '..', file), 'utf8'));

/** Methods that are private only in TypeScript. At run time they look like public ones. */
function privateMethods(className: string): Set<string> {
  const source = sources.find((one) => new RegExp(`^export class ${className}\\b`, 'm').test(one)) ?? '';
  return new Set([...source.matchAll(/^ {2}private (?:async )?\*?(\w+)\(/gm)].map(([, name]) => name as string));
}

test('every public method has rules, even a new one', () => {
  const { paggio } = gateway;
  const isService = ([name, value]: [string, unknown]): boolean =>
    typeof value === 'object' && value !== null && !['options', 'assembly', 'lifecycle', 'status'].includes(name);
  const services = [...Object.entries(paggio.admin), ...Object.entries(paggio.host)].filter(isService) as [
    string,
    object,
  ][];
  expect(services.map(([name]) => name).sort()).toEqual(Object.keys(operations).sort());
  const missing: string[] = [];
  for (const [service, instance] of [
    ...services,
    ['paggio', paggio] as const,
    ['admin', paggio.admin] as const,
    ['host', paggio.host] as const,
  ]) {
    const prototype = Object.getPrototypeOf(instance) as object;
    const hidden = privateMethods(prototype.constructor.name);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === 'constructor' || typeof value !== 'function' || hidden.has(name)) continue;
      if (!Object.hasOwn(tables[service] ?? {}, name)) missing.push(`${service}.${name}`);
    }
  }
  expect(missing).toEqual([]);
});

/** The functions of the package that take options. */
const functions: [string, (value: unknown) => unknown, string[]][] = [
  ['createPaggio', (value) => createPaggio(value as never), ['BAD_REQUEST']],
  ['migrate', (value) => migrate(value as never), ['BAD_REQUEST']],
  ['migrationSql', (value) => migrationSql(value as never), ['BAD_REQUEST', 'VALIDATION_FAILED']],
  ['rotateMasterKey', (value) => rotateMasterKey(value as never), ['BAD_REQUEST', 'VALIDATION_FAILED']],
];
const wrongOptions: [string, unknown][] = [
  ['null', null],
  ['a number', 7],
  ['a symbol', Symbol('wrong')],
  ['an unknown option', { masterKey: testMasterKey, url: 'postgres://u@127.0.0.1:1/x', databse: 1 }],
  ['an object that throws when read', hostile],
  ['a getter that throws', withGetter('url', {})],
];

test.each(
  functions.flatMap(([name, call, codes]) =>
    wrongOptions.map(([what, value]) => [name, what, call, value, codes] as const),
  ),
)('%s refuses %s', async (_name, _what, call, value, codes) => {
  const error = await Promise.resolve()
    .then(() => call(value))
    .then(
      () => null,
      (reason: PaggioError) => reason,
    );
  expect(error).toMatchObject({
    name: 'PaggioError',
    message: expect.stringMatching(/./),
    hint: expect.stringMatching(/./),
  });
  expect(codes).toContain(error?.code);
});

const good = { database: { url: 'postgres://nobody@127.0.0.1/x' }, masterKey: testMasterKey };
// Durations are resolved to milliseconds.
const optionNames = Object.keys(createPaggio(good).host.options)
  .filter((name) => name !== 'connection')
  .map((name) => name.replace(/Ms$/, ''));

test.each([...optionNames, 'database'])('createPaggio refuses a wrong value of %s by name', (name) => {
  // A number below zero and a text with NUL are wrong for every option.
  const values = {
    symbol: Symbol('wrong'),
    hostile,
    object: { surprise: 1 },
    number: -1,
    text: 'x\0',
    list: [Symbol('wrong')],
  };
  for (const [what, value] of Object.entries(values)) {
    let error: unknown = null;
    try {
      createPaggio({ ...good, [name]: value });
    } catch (reason) {
      error = reason;
    }
    const { code, details } = (error ?? {}) as Partial<PaggioError>;
    expect([what, error, code]).toEqual([what, expect.objectContaining({ name: 'PaggioError' }), 'BAD_REQUEST']);
    expect(details?.map(({ field }) => field)).toContainEqual(expect.stringMatching(`^(${name}|options)`));
  }
  expect(() => createPaggio(withGetter(name, good) as never)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});

const handler = (): undefined => undefined;
test.each<[string, unknown[]]>([
  ['nothing', []],
  ['a source that is not text', [Symbol('x'), 'push', handler]],
  ['a missing event type', ['github', undefined, handler]],
  ['event types that are not text', ['github', ['push', Symbol('x')], handler]],
  ['no event types', ['github', [], handler]],
  ['a missing function', ['github', 'push']],
  ['options that are null', ['github', 'push', handler, null]],
  ['options that throw when read', ['github', 'push', handler, hostile]],
  ...['name', 'transactional', 'timeout', 'retry', 'concurrency', 'endpoint', 'userId', 'mode', 'unverified'].flatMap(
    (name): [string, unknown[]][] => [
      [`the option ${name} as a symbol`, ['github', 'push', handler, { [name]: Symbol('x') }]],
      [`the option ${name} whose getter throws`, ['github', 'push', handler, withGetter(name, {})]],
    ],
  ),
  ['an unknown option', ['github', 'push', handler, { retires: 1 }]],
])('on refuses %s', (_what, args) => {
  const paggio = createPaggio(good);
  expect(() => (Reflect.get(paggio, 'on') as Method).apply(paggio, args)).toThrow(
    expect.objectContaining({
      name: 'PaggioError',
      code: 'BAD_REQUEST',
      hint: expect.stringMatching(/./),
      details: expect.arrayContaining([expect.anything()]),
    }),
  );
});
