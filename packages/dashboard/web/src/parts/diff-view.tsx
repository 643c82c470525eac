import { useMemo, type ReactNode } from 'react';
import { toText } from '../text/body-text';
import { layOutJson } from '../text/json-layout';
import { toLineDiff } from '../text/line-diff';
import { visible } from '../text/visible';
import { Empty } from './states';

/** Larger bodies, in bytes for both together, are not compared. */
const LIMIT = 512 * 1024;
const SHOWN_LINES = 2_000;

const signs = { same: ' ', added: '+', removed: '-', gap: '…' } as const;
const names = { same: '', added: 'added: ', removed: 'removed: ', gap: '' } as const;

/** Compares two bodies line by line. JSON gets one line per member, so that compact JSON can be compared too. */
export function DiffView({ before, after }: { before: Uint8Array; after: Uint8Array }): ReactNode {
  const result = useMemo(() => compare(before, after), [before, after]);
  if (typeof result === 'string') return <Empty title={result} />;
  return (
    <div className="code diff" tabIndex={0} role="group" aria-label="Differences">
      {result.slice(0, SHOWN_LINES).map(({ kind, text }, index) => (
        <div key={index} className={kind}>
          <span aria-hidden>{signs[kind]}</span>
          <span className="hidden">{names[kind]}</span>
          <span>{visible(text)}</span>
        </div>
      ))}
      {result.length > SHOWN_LINES && <p className="note">{result.length - SHOWN_LINES} more lines are not shown.</p>}
    </div>
  );
}

function compare(before: Uint8Array, after: Uint8Array): (ReturnType<typeof toLineDiff> & object) | string {
  if (before.length === after.length && before.every((byte, at) => byte === after[at]))
    return 'Both are the same, byte for byte';
  if (before.length + after.length > LIMIT) return 'They are too large to compare here';
  const [first, second] = [toText(before), toText(after)];
  if (first === null || second === null) return 'They are not text';
  const [a, b] = [layOutJson(first, 'formatted')?.text ?? first, layOutJson(second, 'formatted')?.text ?? second];
  if (a === b) return 'They differ only in white space';
  return toLineDiff(a, b) ?? 'They are too different to compare line by line';
}
