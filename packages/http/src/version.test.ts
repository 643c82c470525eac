import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from './version';

test('the version in the code is that of the package', () => {
  const description = readFileSync(join(__dirname, '../package.json'), 'utf8');
  expect(JSON.parse(description)).toMatchObject({ version });
});
