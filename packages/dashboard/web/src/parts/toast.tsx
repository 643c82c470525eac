import { useSyncExternalStore, type ReactNode } from 'react';
import { LocalTimes } from './labels';

/** A short message about the last action. Screen readers announce it too. */
interface Toast {
  text: string;
  tone: 'plain' | 'good' | 'bad';
}

const SHOWN_MS = 5_000;
let current: Toast | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const watchers = new Set<() => void>();

export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
  show({ text, tone });
  clearTimeout(timer);
  timer = setTimeout(() => show(null), SHOWN_MS);
}

function show(next: Toast | null): void {
  current = next;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function Toaster(): ReactNode {
  const shown = useSyncExternalStore(watch, () => current);
  return (
    <div className="toaster" role="status" aria-live="polite">
      {shown && (
        <p className={`toast ${shown.tone}`}>
          <LocalTimes text={shown.text} />
        </p>
      )}
    </div>
  );
}
