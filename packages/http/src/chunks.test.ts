import { randomBytes } from 'node:crypto';
import { Chunks } from './chunks';

test.each([[[0]], [[1]], [[5, 0, 7]], [[1, 20_000, 1, 1]], [[8_192, 8_191, 8_193]], [[100, 70_000, 3, 65_536, 2]]])(
  'pieces of %j bytes come back in order',
  (sizes) => {
    const pieces = sizes.map((size) => randomBytes(size));
    const chunks = new Chunks();
    for (const piece of pieces) chunks.add(piece);
    expect([chunks.size, chunks.join()]).toEqual([Buffer.concat(pieces).length, Buffer.concat(pieces)]);
  },
);

test('a body that arrives byte by byte takes about its own size', () => {
  const bytes = randomBytes(300_000);
  const chunks = new Chunks();
  for (const byte of bytes) chunks.add(Uint8Array.of(byte));
  const concat = jest.spyOn(Buffer, 'concat');
  const joined = chunks.join();
  const [parts] = concat.mock.calls[0] as [readonly Uint8Array[]];
  concat.mockRestore();
  expect(parts.length).toBeLessThan(100);
  expect(parts.reduce((sum, part) => sum + part.buffer.byteLength, 0)).toBeLessThan(bytes.length * 1.2);
  expect(joined).toEqual(bytes);
});
