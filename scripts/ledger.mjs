// npm run ledger: installs, builds, and runs the ledger, which kills processes and counts lost events. Arguments
// (--quick, names of scenarios) go to the ledger.
import { build, install, node } from './prepare.mjs';

install();
await build();
// The checker needs some hundred bytes of memory per event, and an hour of load has millions of events.
node('apps/ledger/dist/main.js', process.argv.slice(2), ['--max-old-space-size=8192']);
