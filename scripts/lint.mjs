// npm run lint: Oxlint finds import cycles, ESLint everything else. The boundary rule reads Nx's project graph from
// its cache, and skips itself silently without it. So the graph is made first.
import { node } from './prepare.mjs';

process.env.NX_DAEMON = 'false';
node('node_modules/nx/dist/bin/nx.js', ['show', 'projects']);
node('node_modules/oxlint/bin/oxlint', ['--quiet', 'packages', 'apps']);
node('node_modules/eslint/bin/eslint.js', ['.', '--max-warnings=0', ...process.argv.slice(2)]);
