import type { VerificationSettings } from '@paggio/providers';
import { createVerifier, type Verifier } from '@paggio/providers';
import fc from 'fast-check';
import { findCredentials, type CarryingRequest } from './credentials';
import { memberSpans } from './member-spans';
import { RequestSeal } from './request-seal';
import { SecretBox } from '../secrets/secret-box';

const RUNS = process.env['PAGGIO_FULL'] ? 2_000 : 150;

const seal = new RequestSeal(new SecretBox(Buffer.alloc(32, 7)));

function verifierOf(provider: string, settings: VerificationSettings = {}): Verifier {
  const secrets = [{ value: 'a secret of some length', expiresAt: null }];
  const made = createVerifier({ provider, scheme: null, secrets, publicUrl: null, settings });
  if (Array.isArray(made)) throw new Error(JSON.stringify(made));
  return made;
}

const verifiers: (Verifier | null | 'broken')[] = [
  null,
  'broken',
  verifierOf('gitlab'),
  verifierOf('microsoft-graph'),
  verifierOf('custom', { kind: 'token', query: 'key' }),
  verifierOf('custom', { kind: 'token', header: 'X-Own' }),
];

const value = fc.string({ unit: 'binary-ascii', maxLength: 12 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '*'));
const header = fc.tuple(
  fc.constantFrom('Authorization', 'COOKIE', 'x-gitlab-token', 'X-own', 'X-Hook-Secret', 'accept', 'X-Odd', ''),
  value.map((text) => text.trim()),
);
const pair = fc.oneof(
  fc.tuple(fc.constantFrom('token', '%74oken', '?token', 'key', 'k%65y', 'a', ''), value).map(([name, text]) => {
    return `${name}=${text.replaceAll(/[&\s#]/g, '*')}`;
  }),
  fc.constantFrom('', 'token', 'key', 'a', '=', 'token=', '&', 'token=***'),
);
/** Text of any code points, surrogates included. The library's own arbitrary first makes a list of all of them. */
const text = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 10 })
  .map((points) => String.fromCodePoint(...points));
const member = fc.constantFrom('clientState', 'other');
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.constantFrom(null, true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(member, tie('value')),
  ),
})).value;
const body = fc.oneof(
  fc.tuple(json, fc.nat(300)).map(([one, cut]) => Buffer.from(JSON.stringify(one, null, 1)).subarray(0, cut)),
  json.map((one) => Buffer.from(JSON.stringify(one))),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const requests: fc.Arbitrary<CarryingRequest> = fc.record({
  rawHeaders: fc.array(header, { maxLength: 6 }).map((pairs) => pairs.flat()),
  query: fc.array(pair, { maxLength: 5 }).map((pairs) => pairs.join('&')),
  body,
});

test('any request that was sealed opens to exactly the same request', () => {
  fc.assert(
    fc.property(requests, fc.constantFrom(...verifiers), (request, verifier) => {
      const before = Buffer.from(request.body);
      const credentials = findCredentials(request, verifier);
      const stored = seal.seal(request, credentials, 'place');
      const opened = seal.open(stored, 'place');
      expect(opened).toMatchObject({ rawHeaders: request.rawHeaders, query: request.query, locked: false });
      expect(opened.body.equals(before) && request.body.equals(before)).toBe(true);
      expect([stored.body.length, opened.credentials]).toEqual([before.length, credentials]);
    }),
    { numRuns: RUNS },
  );
});

test('every parameter that verification would read as the token is found, however its name is written', () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 5 }), fc.constantFrom('token', 'key'), (pairs, name) => {
      const query = pairs.join('&');
      const request = { rawHeaders: [], query, body: Buffer.alloc(0) };
      const found = findCredentials(request, verifierOf('custom', { kind: 'token', query: name }));
      const stored = seal.seal(request, found, 'place');
      const left = new URLSearchParams(stored.query).getAll(name).filter((text) => text !== '' && text !== '***');
      expect(left).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

test('every member with the name that a parser finds in a valid body is sealed, at any depth', () => {
  const collect = (one: unknown, found: unknown[]): unknown[] => {
    if (typeof one !== 'object' || one === null) return found;
    for (const [name, inner] of Object.entries(one)) {
      const isText = typeof inner === 'string' || typeof inner === 'number';
      if (name === 'clientState' && isText && inner !== '') found.push(inner);
      collect(inner, found);
    }
    return found;
  };
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1), (one, indent) => {
      const text = JSON.stringify(one, null, indent);
      const bytes = Buffer.from(text);
      const found = memberSpans(bytes, ['clientState']).map(({ start, end }) => bytes.toString('utf8', start, end));
      const expected = collect(JSON.parse(text), []).map((inner) =>
        typeof inner === 'string' ? JSON.stringify(inner).slice(1, -1) : String(inner),
      );
      expect(found).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
});

test.each([
  ['an escaped name', '{"client\\u0053tate":"abc"}', ['abc']],
  ['a repeated name', '{"clientState":"a","clientState":"b"}', ['a', 'b']],
  ['a body that breaks off', '{"value":[{"clientState": "abc', ['abc']],
  ['an escaped quote at the end', '{"clientState":"a\\"', ['a\\"']],
  ['the name as a value', '["clientState","abc"]', []],
  ['a number', '{"clientState":-1.5e3}', ['-1.5e3']],
  ['a value that is not text', '{"clientState":null,"a":{"clientState":[]}}', []],
])('finds exactly the tokens in a body with %s', (_, text, expected) => {
  const bytes = Buffer.from(text);
  expect(memberSpans(bytes, ['clientState']).map(({ start, end }) => bytes.toString('utf8', start, end))).toEqual(
    expected,
  );
});

test('a large hostile body is searched in one pass', () => {
  const parts = ['"clientState"', '"clientState":"\\', '\\"', '"a":', '"clientState":1 '];
  const bodies = parts.map((part) => Buffer.from(part.repeat(Math.ceil(400_000 / part.length))));
  const started = process.cpuUsage();
  for (const one of bodies) memberSpans(one, ['clientState']);
  const { user, system } = process.cpuUsage(started);
  // Each takes some milliseconds. Quadratic code would take minutes.
  expect((user + system) / 1000).toBeLessThan(10_000);
});

test('a value that was moved, changed or sealed under another key stays closed and is shown as placeholders', () => {
  const request = {
    rawHeaders: ['Authorization', 'Bearer abc', 'A', 'b'],
    query: 'token=abc&a',
    body: Buffer.from('x'),
  };
  const stored = seal.seal(request, findCredentials(request, null), 'one');
  const closed = {
    rawHeaders: ['Authorization', '***', 'A', 'b'],
    query: 'token=***&a',
    locked: 'damaged',
    credentials: null,
  };
  const other = new RequestSeal(new SecretBox(Buffer.alloc(32, 8)));
  expect(seal.open(stored, 'two')).toMatchObject(closed);
  expect(other.open(stored, 'one')).toMatchObject({ ...closed, locked: 'key_missing' });
  expect(seal.open({ ...stored, sealed: null }, 'one')).toMatchObject(closed);
  expect(seal.open({ ...stored, sealed: `${stored.sealed}x` }, 'one')).toMatchObject(closed);
  expect(seal.open({ ...stored, query: 'a' }, 'one')).toMatchObject({ ...closed, query: 'a' });
  expect(seal.open(stored, 'one')).toMatchObject({ ...request, locked: false });
});

test('nothing is allocated for a request without credentials', () => {
  const request = {
    rawHeaders: ['Content-Type', 'application/json', 'X-Hub-Signature-256', 'sha256=0', 'X-GitHub-Event', 'push'],
    query: 'a=1&b',
    body: Buffer.from('{"clientState":"x"}'),
  };
  expect(findCredentials(request, verifierOf('github'))).toBeNull();
  expect(seal.seal(request, null, 'place')).toMatchObject({ query: request.query, body: request.body, sealed: null });
});
