import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { armed, namesIn } from './failpoints';
import { usedFailpoints } from '../scenarios/failpoints';
import { retentionFailpoint } from '../scenarios/retention';
import { stoppedAt } from '../scenarios/stopped';

function built(): string[] {
  return ['core', 'http'].flatMap((name) => {
    const dist = join(__dirname, '../../../../packages', name, 'dist');
    return readdirSync(dist, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  });
}

test('every failpoint that a scenario names is in the build exactly once, as a comment and not as code', () => {
  const names = built().flatMap(namesIn).sort();
  expect(new Set(names).size).toBe(names.length);
  expect([...new Set([...usedFailpoints, ...stoppedAt, retentionFailpoint])].sort()).toEqual(names);
  expect(built().filter((source) => source.includes('paggioFailpoint'))).toEqual([]);
});

test('arming turns the comment of a failpoint into a call, and leaves other comments', () => {
  const source = 'a();\n    // failpoint: intake.committed\nb(); // failpoint: no.such\n// failpoints are comments\n';
  expect(armed(source)).toBe(
    'a();\nglobalThis.paggioFailpoint("intake.committed");\nb(); // failpoint: no.such\n// failpoints are comments\n',
  );
});
