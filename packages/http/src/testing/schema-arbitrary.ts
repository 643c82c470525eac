import fc, { type Arbitrary } from 'fast-check';
import type { JsonSchema } from '../openapi/schema';

/** Makes values for a schema of the document. `name` is the name of the member, for what a schema cannot say. */
export function fromSchema(schema: JsonSchema, urls: readonly string[], name = ''): Arbitrary<unknown> {
  // Next to `properties`, it only says which members go together.
  if (schema.anyOf && !schema.properties) return fc.oneof(...schema.anyOf.map((one) => fromSchema(one, urls, name)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length === 0) return fc.jsonValue();
  return fc.oneof(...types.map((type) => ofType(type, schema, urls, name)));
}

function ofType(type: string, schema: JsonSchema, urls: readonly string[], name: string): Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000, noNaN: true });
    case 'string':
      return text(schema, urls, name);
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, urls, name), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    default:
      return object(schema, urls);
  }
}

function text(schema: JsonSchema, urls: readonly string[], name: string): Arbitrary<string> {
  if (/url$/.test(name)) return fc.constantFrom(...urls);
  if (schema.format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString());
  if (schema.format === 'date')
    return fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString().slice(0, 10));
  if (schema.pattern !== undefined) return matching(schema.pattern);
  return fc.string({
    minLength: schema.minLength ?? 0,
    maxLength: Math.min(schema.maxLength ?? 30, 300),
    unit: 'grapheme',
  });
}

/** Generators by pattern. Many members share a pattern, and making a generator takes tens of milliseconds. */
const matchers = new Map<string, Arbitrary<string>>();

function matching(pattern: string): Arbitrary<string> {
  const known = matchers.get(pattern) ?? fc.stringMatching(new RegExp(pattern));
  matchers.set(pattern, known);
  return known;
}

function object(schema: JsonSchema, urls: readonly string[]): Arbitrary<unknown> {
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const value = fromSchema(inner, urls, name);
    return [name, required.has(name) ? value : fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  const known = fc.record(Object.fromEntries(members));
  if (typeof schema.additionalProperties !== 'object') return known;
  const more = fc.dictionary(matching('^X-[A-Za-z]{1,10}$'), fromSchema(schema.additionalProperties, urls));
  return fc.tuple(known, more).map(([a, b]) => ({ ...b, ...a }));
}

const strange: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  1.5,
  2 ** 53,
  '',
  ' ',
  '\0',
  '\ud800',
  'a\r\nb',
  "' or 1=1--",
  '1;select pg_sleep(5)',
  '%_\\',
  '../../x',
  '\u202e',
  'x'.repeat(10_000),
  [],
  [[]],
  {},
  { $ne: null },
  ['x', 1, null],
  '2024-W01-1',
  '99999-01-01T00:00:00Z',
  '0x65',
  'NaN',
];

/** Values that an attacker or a broken program may send. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...strange),
  fc.jsonValue(),
  fc.array(fc.nat(0x10_ffff), { maxLength: 10 }).map((points) => String.fromCodePoint(...points)),
);

/** Makes bodies that are not valid, most of them from valid ones. */
export function hostileBody(valid: Arbitrary<unknown>): Arbitrary<Buffer> {
  const member = fc.tuple(valid, fc.nat(), hostileValue).map(([value, at, wrong]) => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(wrong);
    const names = Object.keys(value);
    const name = names[at % (names.length || 1)] ?? 'name';
    return JSON.stringify({ ...value, [name]: wrong }) ?? '';
  });
  const extra = fc
    .tuple(
      valid,
      fc.constantFrom('id', 'user_id', 'mode', '__proto__', 'constructor', 'deleted_at', '', 'ü'),
      hostileValue,
    )
    .map(([value, name, wrong]) => {
      const json = JSON.stringify(value) ?? '{}';
      const inner = `${JSON.stringify(name)}:${JSON.stringify(wrong) ?? 'null'}`;
      return json === '{}' ? `{${inner}}` : json.replace(/\}$/, `,${inner}}`);
    });
  const broken = fc.tuple(valid, fc.nat(40)).map(([value, cut]) => (JSON.stringify(value) ?? '').slice(0, -1 - cut));
  const other = fc.constantFrom(
    '[]',
    '"text"',
    '1',
    'null',
    '{"a":1,"a":2}',
    '[{}]',
    '{"name":NaN}',
    '['.repeat(10_000),
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    `{"name":"${'x'.repeat(200_000)}"}`,
  );
  const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));
  return fc.oneof(...[member, extra, broken, other].map((one) => one.map((text) => Buffer.from(text, 'utf8'))), bytes);
}
