import react from '@vitejs/plugin-react';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here('../dist/web');

/** Adds a gzip copy of every text file, because hosts rarely compress. Font files are already compressed. */
const gzip = {
  name: 'gzip',
  closeBundle() {
    for (const name of readdirSync(join(outDir, 'assets'))) {
      if (!/\.(js|css|svg)$/.test(name)) continue;
      const path = join(outDir, 'assets', name);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION }));
    }
  },
};

export default defineConfig({
  root: here('.'),
  // Links are relative, because only the host knows where the dashboard is mounted. The server completes them.
  base: './',
  plugins: [react(), gzip],
  resolve: {
    alias: {
      '@paggio/client/event-stream': here('../../client/src/event-stream.ts'),
      '@paggio/client/server-tag': here('../../client/src/server-tag.ts'),
      '@paggio/providers/closest': here('../../providers/src/closest.ts'),
      '@paggio/client': here('../../client/src/api.ts'),
    },
  },
  build: {
    outDir,
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The licences of the bundled packages require it.
    license: { fileName: 'licenses.md' },
  },
});
