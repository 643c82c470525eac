import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable } from './errors';

test('the documentation lists every error with its status and meaning, and no other', () => {
  const text = readFileSync(join(__dirname, '../../../docs/errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| ([A-Z_]+) +\| (\d{3}) +\| (.+?) +\|$/gm)].map(([, code, status, meaning]) => [
    code,
    { status: Number(status), meaning },
  ]);
  expect(Object.fromEntries(rows)).toEqual(errorTable);
});
