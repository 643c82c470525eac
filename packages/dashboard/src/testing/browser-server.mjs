// The browser of a test run. `node browser-server.mjs EXECUTABLE FLAG...` prints a URL that returns the address of the
// browser. The first request starts the browser. Everything ends when standard input ends, so that nothing outlives the
// run, however it ends.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [executablePath, ...args] = process.argv.slice(2);
// Keeps other users of this machine away from the browser.
const path = `/${randomBytes(16).toString('hex')}`;
let browser;

// Playwright keeps the stack of each message to the browser, which takes a tenth of its time.
Error.stackTraceLimit = 0;

async function launch() {
  // An `import` would search the bundle for names first.
  const { chromium } = createRequire(import.meta.url)('playwright-core');
  return chromium.launchServer({ executablePath, args, host: '127.0.0.1' });
}

const server = createServer((request, response) => {
  if (request.url !== path) return void response.writeHead(404).end();
  browser ??= launch();
  browser.then(
    (started) => response.end(started.wsEndpoint()),
    (error) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}${path}`));

process.stdin.resume().once('end', async () => {
  await (await browser)?.close();
  process.exit();
});
