import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { layOutJson, type Token, type TokenKind } from '../text/json-layout';
import { visible } from '../text/visible';

interface CodeProps {
  text: string;
  /** The layout of JSON. Other text is shown unchanged. */
  layout: 'formatted' | 'received';
  label: string;
}

/**
 * Shows untrusted text with the colours of JSON. The text is always a single text node: the colours are ranges of the
 * CSS custom highlight API (https://www.w3.org/TR/css-highlight-api-1/), not elements. Browsers without it show no
 * colours.
 */
export function Code({ text, layout, label }: CodeProps): ReactNode {
  const pre = useRef<HTMLPreElement>(null);
  const shown = useMemo(() => toShown(text, layout), [text, layout]);
  useEffect(() => {
    const node = pre.current?.firstChild;
    if (!node) return;
    return paint(node, shown.tokens);
  }, [shown]);
  return (
    // A scrollable area must be reachable by keyboard.
    <pre ref={pre} className="code" tabIndex={0} aria-label={label}>
      {shown.text}
    </pre>
  );
}

function toShown(text: string, layout: 'formatted' | 'received'): { text: string; tokens: readonly Token[] } {
  const laidOut = layOutJson(text, layout);
  if (!laidOut) return { text: visible(text), tokens: [] };
  const shown = visible(laidOut.text);
  // The markers for hidden characters would shift every later range.
  return { text: shown, tokens: shown.length === laidOut.text.length ? laidOut.tokens : [] };
}

const kinds: readonly TokenKind[] = ['key', 'string', 'number', 'word'];

/** Colours the tokens. Returns a function that removes the colours. */
function paint(node: Node, tokens: readonly Token[]): () => void {
  if (!('highlights' in CSS)) return () => undefined;
  const painted = kinds.map((kind) => {
    const name = `json-${kind}`;
    const highlight = CSS.highlights.get(name) ?? new Highlight();
    CSS.highlights.set(name, highlight);
    const ranges = tokens
      .filter((token) => token.kind === kind)
      .map(
        ({ start, end }) =>
          new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end }),
      );
    for (const range of ranges) highlight.add(range);
    return { highlight, ranges };
  });
  return () => {
    for (const { highlight, ranges } of painted) for (const range of ranges) highlight.delete(range);
  };
}
