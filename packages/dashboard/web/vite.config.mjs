import react from '@vitejs/plugin-react';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outDir = here('../dist/web');

/** Hosts seldom compress: what is text is there as gzip too. Fonts are compressed by themselves. */
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
  // Relative, because only the host knows where the dashboard is mounted; the server completes the links of the page.
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
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The licences of what is bundled ask for it.
    license: { fileName: 'licenses.md' },
  },
});
