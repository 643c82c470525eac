import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Asset {
  contentType: string;
  body: Buffer;
  /** The body compressed with gzip; null if the file is stored uncompressed only. */
  gzip: Buffer | null;
}

export interface Assets {
  /** The HTML page, which is the same for every URL of the dashboard. */
  page(mountPath: string): string;
  /** A file below `assets/`, by its name. The name includes a hash of the content. */
  file(name: string): Asset | undefined;
}

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

/**
 * Reads the built pages into memory. The names come from the directory, so that no request path can escape it.
 * @throws Error if the pages have not been built
 */
export function loadAssets(directory = join(__dirname, '../dist/web')): Assets {
  if (!existsSync(join(directory, 'index.html')))
    throw new Error(`The dashboard pages have not been built (${directory}). Run npm run build.`);
  const page = readFileSync(join(directory, 'index.html'), 'utf8');
  const names = readdirSync(join(directory, 'assets'));
  const files = new Map<string, Asset>();
  for (const name of names) {
    const contentType = types[name.slice(name.lastIndexOf('.') + 1)];
    if (contentType === undefined) continue;
    const read = (file: string): Buffer => readFileSync(join(directory, 'assets', file));
    files.set(name, { contentType, body: read(name), gzip: names.includes(`${name}.gz`) ? read(`${name}.gz`) : null });
  }
  return {
    // The built page has relative links, which would break at deeper paths.
    page: (mountPath) => page.replaceAll('="./', () => `="${mountPath}/`),
    file: (name) => files.get(name),
  };
}
