import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

interface Run {
  /** The arguments that the shell passed to curl. */
  given: string[];
  /** The input that curl read. */
  input: Buffer;
}

/**
 * What a shell makes of commands. One shell runs them all, because starting one takes longer than what it does. A
 * command that it misreads takes the next one in, so it cannot be missed.
 */
function runsOf(commands: readonly string[]): Run[] {
  // No text or body contains it.
  const mark = `end of ${randomUUID()}`;
  const folder = mkdtempSync(join(tmpdir(), 'paggio-curl-'));
  const file = join(folder, 'commands.sh');
  // The commands would be too long for an argument.
  writeFileSync(
    file,
    `curl() { printf '%s\\0' "$@" '${mark}'; cat >&2; printf '%s' '${mark}' >&2; }\n${commands.join('\n')}`,
  );
  const { stdout, stderr } = spawnSync('sh', [file], { input: '', maxBuffer: 10_000_000 });
  rmSync(folder, { recursive: true });
  const given = String(stdout).split(`${mark}\0`).slice(0, -1);
  // Latin-1 keeps each byte.
  const inputs = stderr.toString('latin1').split(mark).slice(0, -1);
  expect([given.length, inputs.length]).toEqual([commands.length, commands.length]);
  return given.map((text, n) => ({
    given: text.split('\0').slice(0, -1),
    input: Buffer.from(inputs[n] ?? '', 'latin1'),
  }));
}

const posixTest = isPosix ? test : test.skip;

posixTest('a shell passes on exactly what was received', () => {
  const body = `it's "quoted" $HOME \`id\` \\n !x\n{"a":12345678901234567890}`;
  const [run] = runsOf([
    toCurl({ ...request, headers: { 'content-type': 'application/json', 'x-a': ["o'ne", 'two'] }, body: bytes(body) }),
  ]);
  expect(run?.given).toEqual([
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
  // Strings with the unit 'binary' take long to set up.
  const points = fc.array(fc.nat(0x10_ffff), { maxLength: 10 }).map((list) => String.fromCodePoint(...list));
  const special = fc.string({ unit: fc.constantFrom(...`'"\\$\`!*#;\n a`) });
  const one = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.oneof(points, special));
  fc.assert(
    fc.property(fc.array(one, { minLength: 40, maxLength: 40 }), (pairs) => {
      const headers = pairs.map(([, text]) => text.replaceAll('\0', '').toWellFormed());
      const runs = runsOf([
        ...pairs.map(([body]) => toCurl({ ...request, body })),
        ...headers.map((x) => toCurl({ ...request, headers: { x } })),
      ]);
      const bodies = runs
        .slice(0, pairs.length)
        .map(({ given, input }) => (given.at(-2) === '--data-raw' ? Buffer.from(given.at(-1) as string) : input));
      expect(bodies).toEqual(pairs.map(([body]) => Buffer.from(body)));
      expect(runs.slice(pairs.length).map(({ given }) => given.at(-1))).toEqual(headers.map((text) => `x: ${text}`));
    }),
    { numRuns: process.env['PAGGIO_FULL'] === '1' ? 25 : 1 },
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
