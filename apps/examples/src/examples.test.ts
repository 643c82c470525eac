import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createPaggio } from '@paggio/core';
import { createTestDatabase, owner, query, testMasterKey } from '@paggio/core/testing';
import axios from 'axios';

const readme = readFileSync(join(__dirname, '../../../README.md'), 'utf8');

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

test.each(['nest', 'express', 'koa'])(
  'the %s example is what the README shows, and takes a webhook in',
  async (name) => {
    const source = readFileSync(join(__dirname, `${name}.ts`), 'utf8').trim();
    if (name !== 'koa') expect(readme).toContain(source);

    const database = await createTestDatabase();
    const paggio = createPaggio({ database: { url: database.url }, masterKey: testMasterKey });
    await paggio.start();
    const { endpoint } = await paggio.endpoints.create(owner, { name: 'example' });
    const port = await freePort();
    const child = spawn(process.execPath, [join(__dirname, `../dist/${name}.js`)], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        PAGGIO_MASTER_KEY: testMasterKey.toString('base64'),
        PORT: String(port),
      },
      stdio: 'ignore',
    });
    let answer;
    for (let round = 0; answer === undefined && round < 200; round++) {
      answer = await axios
        .post(`http://127.0.0.1:${port}/api/webhook/${endpoint.slug}`, '{"type":"example"}')
        .catch(() => undefined);
      if (!answer) await new Promise((done) => setTimeout(done, 50));
    }
    expect(answer?.data).toEqual({ received: true });
    expect(await query(database.url, 'select event_type from paggio.events')).toEqual([{ event_type: 'example' }]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await paggio.stop();
    await database.drop();
  },
  60_000,
);
