import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the package, the same in all of Paggio's. */
export const version = (JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string })
  .version;
