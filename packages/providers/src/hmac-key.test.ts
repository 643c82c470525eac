import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { HmacKey, type HmacAlgorithm } from './hmac-key';

const algorithms: HmacAlgorithm[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
const runs = { numRuns: process.env['PAGGIO_FULL'] ? 1_000 : 25 };

test.each(algorithms)('HMAC-%s of any parts under any key is that of createHmac', (algorithm) => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.array(fc.integer({ min: 0, max: 0x10ffff })).map((points) => String.fromCodePoint(...points)),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(part, { maxLength: 4 }), (bytes, parts) => {
      const key = Buffer.from(bytes);
      const expected = createHmac(algorithm, key);
      for (const one of parts) expected.update(one);
      return new HmacKey(algorithm, key).digest('hex', ...parts) === expected.digest('hex');
    }),
    runs,
  );
});

test.each([64 * 1024 - 65, 64 * 1024 - 64, 64 * 1024 - 63, 64 * 1024, 300_000])(
  'a text of %d bytes has the same HMAC in one part, and after another part',
  (size) => {
    const body = Buffer.alloc(size, 'body');
    const key = Buffer.from('key');
    const own = new HmacKey('sha256', key);
    expect(own.digest('base64', body)).toBe(createHmac('sha256', key).update(body).digest('base64'));
    expect(own.digest('base64', 'id.1.', body, 'end')).toBe(
      createHmac('sha256', key).update('id.1.').update(body).update('end').digest('base64'),
    );
  },
);

test('a key makes the same HMAC again after others', () => {
  const [one, other] = ['first', 'second'].map((key) => new HmacKey('sha256', Buffer.from(key))) as [HmacKey, HmacKey];
  const digest = one.digest('hex', 'text');
  other.digest('hex', Buffer.alloc(100_000));
  one.digest('hex', 'another text');
  expect(one.digest('hex', 'text')).toBe(digest);
});

test('a text whose bytes do not fit although its characters would has the same HMAC', () => {
  const text = '€'.repeat(30_000);
  const key = Buffer.from('key');
  expect(new HmacKey('sha256', key).digest('hex', text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
});
