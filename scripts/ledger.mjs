// npm run ledger: installs, builds, and kills what it can, to count what is lost. Arguments go to it (--quick, names).
import { build, install, node } from './prepare.mjs';

install();
await build();
// The checker holds some hundred bytes of each event, and an hour of load is millions.
node('apps/ledger/dist/main.js', process.argv.slice(2), ['--max-old-space-size=8192']);
