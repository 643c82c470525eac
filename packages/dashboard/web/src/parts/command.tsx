import type { ReactNode } from 'react';
import { Copy } from './copy';

/** A command to paste into a terminal. */
export function Command({ text }: { text: string }): ReactNode {
  return (
    <div className="command">
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} what="the command" />
    </div>
  );
}
