import { Check, Copy as CopyIcon } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { toast } from './toast';

/** Puts a text on the clipboard, and says so. */
export async function copyText(text: string | null, what: string): Promise<void> {
  if (text === null) return toast(`It is no text: download ${what}`, 'bad');
  const copied = await write(text);
  toast(copied ? `Copied ${what}` : 'The browser refused the clipboard', copied ? 'plain' : 'bad');
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages over plain http have no clipboard but this old one.
    const area = document.createElement('textarea');
    area.value = text;
    // Inside an open dialog, since the rest of the page is inert then.
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}

interface CopyProps {
  /** A function for what is costly to make; its null is no text. */
  text: string | (() => string | null);
  what: string;
}

export function Copy({ text, what }: CopyProps): ReactNode {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="icon"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => {
        setCopied(true);
        void copyText(typeof text === 'string' ? text : text(), what);
      }}
    >
      {copied ? <Check aria-hidden /> : <CopyIcon aria-hidden />}
    </button>
  );
}
