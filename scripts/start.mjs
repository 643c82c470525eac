// npm start: installs what is missing, builds what changed, and becomes the reference server.
import { createRequire } from 'node:module';
import { build, install } from './prepare.mjs';

// Before anything that takes time: npm may be ended meanwhile.
const parent = process.ppid;
install();
await build('apps/server');
// The packages are CommonJS and load Nest, which is ESM only; Node still calls that experimental.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.warn(warning.message);
});
const { main } = createRequire(import.meta.url)('../apps/server/dist/main.js');
await main({ parent });
