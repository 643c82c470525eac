// npm run bench: installs, builds, and runs the benchmarks. Arguments (--quick) go to the benchmarks.
import { build, install, node } from './prepare.mjs';

install();
await build();
node('apps/bench/dist/main.js', process.argv.slice(2));
