import { useMemo, useState, type ReactNode } from 'react';
import { toText } from '../text/body-text';
import { toHexRows } from '../text/hex';
import { layOutJson } from '../text/json-layout';
import { toBytes } from '../text/units';
import { countHidden } from '../text/visible';
import { Code } from './code';
import { Copy } from './copy';

export type BodyMode = 'formatted' | 'received' | 'hex';

interface BodyViewProps {
  bytes: Uint8Array;
  /** The name of the body in labels, for example `the payload`. */
  what: string;
  mode: BodyMode;
  onMode: (mode: BodyMode) => void;
  children?: ReactNode;
}

/** How many bytes are shown at once, so that the browser stays responsive. */
const TEXT_PART = 128 * 1024;
const HEX_PART = 16 * 1024;

/** Shows bytes in a readable form, part by part. */
export function BodyView({ bytes, what, mode: wanted, onMode, children }: BodyViewProps): ReactNode {
  const [parts, setParts] = useState(1);
  const part = wanted === 'hex' ? HEX_PART : TEXT_PART;
  const end = Math.min(bytes.length, parts * part);
  const text = useMemo(
    () => (wanted === 'hex' ? null : toText(bytes.subarray(0, end), end < bytes.length)),
    [bytes, end, wanted],
  );
  const isText = useMemo(() => toText(bytes.subarray(0, TEXT_PART), bytes.length > TEXT_PART) !== null, [bytes]);
  const isJson = useMemo(() => text !== null && layOutJson(text, 'received') !== null, [text]);
  const mode = !isText ? 'hex' : wanted === 'formatted' && !isJson ? 'received' : wanted;
  const hidden = useMemo(() => (text === null ? 0 : countHidden(text)), [text]);
  const select = (next: BodyMode): void => {
    setParts(1);
    onMode(next);
  };
  if (bytes.length === 0) return <p className="state">The body is empty.</p>;
  return (
    <div className="body-view">
      <div className="toolbar">
        <div className="segments" role="group" aria-label="Format">
          <button
            type="button"
            aria-pressed={mode === 'formatted'}
            disabled={!isJson && wanted !== 'hex'}
            onClick={() => select('formatted')}
          >
            Formatted
          </button>
          <button
            type="button"
            aria-pressed={mode === 'received'}
            disabled={!isText}
            onClick={() => select('received')}
          >
            As received
          </button>
          <button type="button" aria-pressed={mode === 'hex'} onClick={() => select('hex')}>
            Hex
          </button>
        </div>
        {children}
        {isText && <Copy text={() => toText(bytes)} what={what} />}
      </div>
      {hidden > 0 && mode !== 'hex' && (
        <p className="note" role="note">
          {hidden} invisible {hidden === 1 ? 'character is' : 'characters are'} shown as ⟨U+…⟩. Copying keeps the
          original bytes.
        </p>
      )}
      {mode === 'hex' || text === null ? (
        <pre className="code hex" tabIndex={0} aria-label={`${what} in hexadecimal`}>
          {toHexRows(bytes.subarray(0, Math.min(end, parts * HEX_PART)))}
        </pre>
      ) : (
        <Code text={text} layout={mode} label={what} />
      )}
      {end < bytes.length && (
        <p className="note">
          Showing the first {toBytes(end)} of {toBytes(bytes.length)}.{' '}
          <button type="button" onClick={() => setParts(parts + 1)}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}
