// The browser of a test run: node browser-server.mjs EXECUTABLE FLAG... prints where it listens. It ends with its standard
// input, so it does not outlive the run, however that ends.
import { chromium } from 'playwright-core';

const [executablePath, ...args] = process.argv.slice(2);
const server = await chromium.launchServer({ executablePath, args, host: '127.0.0.1' });
console.log(server.wsEndpoint());
server.once('close', () => process.exit());
process.stdin.resume().once('end', () => void server.close());
