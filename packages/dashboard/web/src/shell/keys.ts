import { useEffect, useRef } from 'react';
import { tinykeys } from 'tinykeys';

type Bindings = Readonly<Record<string, () => void>>;

/** Binds keys for the whole page. They do nothing while the person types or a dialog is open. */
export function useKeys(bindings: Bindings): void {
  const latest = useRef(bindings);
  useEffect(() => {
    latest.current = bindings;
  });
  const names = Object.keys(bindings).join('\n');
  useEffect(() => {
    const listeners = names.split('\n').map((name) => [
      name,
      (event: KeyboardEvent) => {
        const modified = name.startsWith('$mod');
        if (!modified && isTyping(event)) return;
        if (document.querySelector('dialog[open]') !== null) return;
        event.preventDefault();
        latest.current[name]?.();
      },
    ]);
    return tinykeys(window, Object.fromEntries(listeners) as Record<string, (event: KeyboardEvent) => void>);
  }, [names]);
}

/** Whether the target uses letters itself, as text or to select an option. Checkboxes and radio buttons do not. */
function isTyping({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !/^(checkbox|radio|button|submit)$/.test(target.type);
  return target.isContentEditable || /^(SELECT|TEXTAREA)$/.test(target.tagName);
}

/** The keyboard shortcuts, as the dialog lists them. */
export const keySheet: readonly { title: string; keys: readonly (readonly [string, string])[] }[] = [
  {
    title: 'Anywhere',
    keys: [
      ['g o', 'Overview'],
      ['g w', 'Webhooks'],
      ['g e', 'Events'],
      ['g r', 'Bulk replays'],
      ['g s', 'Settings'],
      ['l', 'Pause or resume live updates'],
      ['Ctrl K', 'Command palette'],
      ['?', 'This list'],
    ],
  },
  {
    title: 'Lists',
    keys: [
      ['j k', 'Next, previous'],
      ['Enter', 'Open event'],
      ['/', 'Filter'],
    ],
  },
  {
    title: 'Event',
    keys: [
      ['r', 'Replay now'],
      ['1 – 6', 'Tabs'],
      ['c', 'Copy as curl'],
      ['y', 'Copy ID'],
      ['Esc', 'Back'],
    ],
  },
];
