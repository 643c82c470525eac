import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Asset {
  contentType: string;
  body: Buffer;
  /** The same compressed; null: it gains nothing. */
  gzip: Buffer | null;
}

export interface Assets {
  /** The page that every address of the dashboard shows. */
  page(mountPath: string): string;
  /** A file by its name below `assets/`, which has a hash of its content in it. */
  file(name: string): Asset | undefined;
}

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

/**
 * The built pages, read once. Names come from the directory, so that no path of a request can leave it.
 * @throws Error when they were not built
 */
export function loadAssets(directory = join(__dirname, '../dist/web')): Assets {
  if (!existsSync(join(directory, 'index.html')))
    throw new Error(`The dashboard's pages were not built (${directory}): npm run build makes them.`);
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
    // Links are relative to the page as built, and pages lie at several depths.
    page: (mountPath) => page.replaceAll('="./', () => `="${mountPath}/`),
    file: (name) => files.get(name),
  };
}
