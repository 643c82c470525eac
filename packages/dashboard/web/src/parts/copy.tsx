import { Check, Copy as CopyIcon } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { toast } from './toast';

/** Copies a text to the clipboard and shows a message. */
export async function copyText(text: string | null, what: string): Promise<void> {
  if (text === null) return toast(`This is not text. Download ${what} instead.`, 'bad');
  const copied = await write(text);
  toast(copied ? `Copied ${what}` : 'The browser blocked access to the clipboard', copied ? 'plain' : 'bad');
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages over plain HTTP can use only this older API.
    const area = document.createElement('textarea');
    area.value = text;
    // Put it inside an open dialog, because the rest of the page is inert then.
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}

interface CopyProps {
  /** The text, or a function if the text is expensive to make. Null means that there is no text. */
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
