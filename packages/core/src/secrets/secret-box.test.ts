import { randomBytes } from 'node:crypto';
import { SecretBox, sealedUnder, UnreadableSecret } from './secret-box';

const [old, current] = [randomBytes(32), randomBytes(32)];
const before = new SecretBox(old);

test('encrypts with the current key and decrypts with the key that a value names', () => {
  const box = new SecretBox(current, [old]);
  const sealed = box.seal('secret', 'here');
  expect(sealedUnder(sealed)).toBe(box.keyId);
  expect(new SecretBox(current).open(sealed, 'here')).toBe('secret');
  expect(box.open(before.seal('older', 'here'), 'here')).toBe('older');
});

test('a value under a missing key names that key and the next step, and can be tried again', () => {
  const heard: Error[] = [];
  const box = new SecretBox(current, [], (error) => heard.push(error));
  const open = (): string => box.open(before.seal('x', 'here'), 'here');
  expect(open).toThrow(UnreadableSecret);
  expect(open).toThrow(before.keyId);
  expect(heard[0]).toMatchObject({
    code: 'UNAVAILABLE',
    status: 503,
    hint: expect.stringContaining('PAGGIO_MASTER_KEY_PREVIOUS'),
  });
});

test('a value that was changed or moved stays closed, whichever key it names', () => {
  const box = new SecretBox(current, [old]);
  for (const sealed of [box.seal('secret', 'here'), before.seal('secret', 'here')]) {
    expect(() => box.open(sealed, 'there')).toThrow('damaged');
    const parts = sealed.split(':');
    for (const index of [0, 2, 3, 4]) {
      const bytes = Buffer.from(parts[index] as string, 'base64url');
      bytes[0] = (bytes[0] as number) ^ 1;
      const changed = parts.with(index, bytes.toString('base64url')).join(':');
      expect(() => box.open(changed, 'here')).toThrow('damaged');
    }
  }
  // A value renamed to another key's id does not open with that key.
  const renamed = box.seal('secret', 'here').replace(box.keyId, before.keyId);
  expect(() => box.open(renamed, 'here')).toThrow('damaged');
  for (const text of ['', 'v1', 'plain text', 'v2:a:b:c:d']) expect(() => box.open(text, 'here')).toThrow('damaged');
});
