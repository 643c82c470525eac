import { diffLines } from 'diff';

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'gap';
  text: string;
}

/** Lines of context around a difference. */
const CONTEXT = 3;
/** Texts that differ everywhere take time quadratic in their length, so the comparison is limited. */
const TIMEOUT_MS = 1_000;

/** The lines to remove from the first text and to add to get the second; null if they are too different to compare. */
export function toLineDiff(before: string, after: string): DiffLine[] | null {
  // Without the added line feed, a last line would differ from the same line elsewhere.
  const changes = diffLines(`${before}\n`, `${after}\n`, { timeout: TIMEOUT_MS });
  if (!changes) return null;
  const lines = changes.flatMap(({ value, added, removed }) => {
    const kind = added ? 'added' : removed ? 'removed' : 'same';
    return value
      .slice(0, -1)
      .split('\n')
      .map((text): DiffLine => ({ kind, text }));
  });
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  );
  const shown: DiffLine[] = [];
  lines.forEach((line, at) => {
    if (near[at]) shown.push(line);
    else if (shown.at(-1)?.kind !== 'gap') shown.push({ kind: 'gap', text: '' });
  });
  return shown;
}
