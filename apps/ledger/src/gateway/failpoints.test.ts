import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { armed, namesIn, parseFailpoint, toText } from './failpoints';
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

test('every failpoint that a scenario names stands once in what was built, as a comment and not as code', () => {
  const names = built().flatMap(namesIn).sort();
  expect(new Set(names).size).toBe(names.length);
  expect([...new Set([...usedFailpoints, ...stoppedAt, retentionFailpoint])].sort()).toEqual(names);
  expect(built().filter((source) => source.includes('paggioFailpoint'))).toEqual([]);
});

test('armed, a comment is a call; other comments stay', () => {
  const source = 'a();\n    // failpoint: intake.committed\nb(); // failpoint: no.such\n// failpoints are comments\n';
  expect(armed(source)).toBe(
    'a();\nglobalThis.paggioFailpoint("intake.committed");\nb(); // failpoint: no.such\n// failpoints are comments\n',
  );
});

test('a failpoint as text and back', () => {
  const failpoint = { name: 'settle.sending', pass: 2, afterMs: 200, signal: 'SIGKILL' } as const;
  expect(parseFailpoint(toText(failpoint))).toEqual(failpoint);
  expect(() => parseFailpoint('settle.sending')).toThrow('is no failpoint');
});
