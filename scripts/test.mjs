// npm test: installs what is missing, builds everything (the end-to-end test uses the built server), and runs Jest.
// With DATABASE_URL set, the tests use that PostgreSQL instead of the embedded one. Arguments go to Jest.
import { build, install, node } from './prepare.mjs';

install();
await build();
node('node_modules/jest/bin/jest.js', process.argv.slice(2));
