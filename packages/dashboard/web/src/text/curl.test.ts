import { execFileSync, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { toCurl, type CurlRequest } from './curl';

const request: CurlRequest = {
  method: 'POST',
  url: 'http://127.0.0.1/hook?a=1&b=2',
  headers: {},
  body: new Uint8Array(),
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const isPosix = process.platform !== 'win32';

/** The arguments that a shell passes to curl, and the input that curl reads. */
function argumentsOf(command: string): { given: string[]; input: Buffer } {
  const script = `curl() { printf '%s\\0' "$@"; cat >&2; }\n${command}`;
  const { stdout, stderr } = spawnSync('sh', ['-c', script], { input: '', maxBuffer: 10_000_000 });
  return { given: String(stdout).split('\0').slice(0, -1), input: stderr };
}

const posixTest = isPosix ? test : test.skip;

posixTest('a shell passes on exactly what was received', () => {
  const body = `it's "quoted" $HOME \`id\` \\n !x\n{"a":12345678901234567890}`;
  const { given } = argumentsOf(
    toCurl({ ...request, headers: { 'content-type': 'application/json', 'x-a': ["o'ne", 'two'] }, body: bytes(body) }),
  );
  expect(given).toEqual([
    '-X',
    'POST',
    request.url,
    '-H',
    'content-type: application/json',
    '-H',
    "x-a: o'ne",
    '-H',
    'x-a: two',
    '--data-raw',
    body,
  ]);
});

posixTest('any text and any bytes survive the shell', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.string({ unit: 'binary' }), (raw, text) => {
      const { given, input } = argumentsOf(toCurl({ ...request, body: raw }));
      const inline = given.at(-2) === '--data-raw' ? Buffer.from(given.at(-1) as string) : input;
      expect(Buffer.compare(inline, Buffer.from(raw))).toBe(0);
      const header = text.replaceAll('\0', '').toWellFormed();
      const withHeader = argumentsOf(toCurl({ ...request, headers: { x: header } }));
      expect(withHeader.given.at(-1)).toBe(`x: ${header}`);
    }),
    { numRuns: 40 },
  );
});

test('headers that the reader may not see, and headers of the old connection, are left out', () => {
  const headers = { authorization: '***', host: 'old', 'content-length': '2', connection: 'close', 'x-b': 'c' };
  const command = toCurl({ ...request, headers, body: bytes('{}') });
  expect(command).not.toMatch(/\*\*\*|old|content-length|connection/);
  // curl would send the body as a form.
  expect(command).toContain("-H 'content-type:'");
});

test('a long body is read from a file', () => {
  expect(toCurl({ ...request, body: new Uint8Array(100_000) })).toMatch(/^# .*\n[^]*--data-binary @body$/);
});

posixTest('curl itself sends the request', async () => {
  try {
    execFileSync('curl', ['--version']);
  } catch {
    // The tests above check the command as a shell sees it.
    return;
  }
  const received: { url: string; type: string | undefined; body: Buffer }[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      received.push({ url: incoming.url ?? '', type: incoming.headers['content-type'], body: Buffer.concat(chunks) });
      response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=%20c`;
  const bodies = [bytes('@not a file\n\n'), new Uint8Array([0, 255, 10, 13, 0])];
  const { exec } = await import('node:child_process');
  for (const body of bodies)
    await new Promise<void>((done, fail) =>
      exec(`${toCurl({ ...request, url, body })} --silent --noproxy '*'`, (error) => (error ? fail(error) : done())),
    );
  expect(received).toEqual(bodies.map((body) => ({ url: '/a?b=%20c', type: undefined, body: Buffer.from(body) })));
  server.close();
});
