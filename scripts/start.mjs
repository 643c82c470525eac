// npm start: installs what is missing, builds what has changed, and becomes the reference server.
import { createRequire } from 'node:module';
import { build, install } from './prepare.mjs';

// Read this first: npm may be killed while the steps below take their time.
const parent = process.ppid;
install();
await build('apps/server');
// The packages are CommonJS and load Nest, which is ESM only. Node still warns that this is experimental.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.warn(warning.message);
});
const { main } = createRequire(import.meta.url)('../apps/server/dist/main.js');
await main({ parent });
