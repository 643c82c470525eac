import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Asset {
  contentType: string;
  body: Buffer;
}

const types: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** A file of the dashboard by its name; undefined when there is none. Names are a fixed list: a path cannot leave it. */
export async function readAsset(name: string): Promise<Asset | undefined> {
  const contentType = Object.hasOwn(types, name) ? types[name] : undefined;
  if (contentType === undefined) return undefined;
  return { contentType, body: await readFile(join(__dirname, '../assets', name)) };
}
