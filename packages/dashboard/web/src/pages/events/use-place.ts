import type { EventItem } from '@paggio/client';
import { useEffect, useRef, useState, type RefObject } from 'react';

const RETURN_MS = 2_000;
const FRAMES = 20;

/** The event that was last opened from a list, by the list's URL. */
const opened = new Map<string, string>();
let returnedAt = -Infinity;
addEventListener('popstate', () => (returnedAt = performance.now()));

function openedHere(): string | null {
  return performance.now() - returnedAt > RETURN_MS ? null : (opened.get(location.href) ?? null);
}

/**
 * Restores the position in a list. A person who opens an event and comes back (with Esc or the browser's back button)
 * finds the same row focused.
 * @param bring scrolls to the row with this index, for lists that do not draw all rows
 */
export function usePlace(
  list: RefObject<HTMLElement | null>,
  events: readonly EventItem[],
  bring?: (index: number) => void,
): void {
  const [wanted] = useState(openedHere);
  const found = useRef(false);
  const shown = events.length > 0;
  useEffect(() => {
    const element = list.current;
    if (!element) return;
    const keep = ({ target }: MouseEvent): void => {
      const row = target instanceof Element ? target.closest<HTMLElement>('[data-id]') : null;
      if (row?.dataset['id']) opened.set(location.href, row.dataset['id']);
    };
    // Capture the click before the row's link navigates away. Enter on a link is a click too.
    element.addEventListener('click', keep, { capture: true });
    return () => element.removeEventListener('click', keep, { capture: true });
  }, [list, shown]);
  useEffect(() => {
    const element = list.current;
    if (!element || wanted === null || found.current) return;
    const index = events.findIndex(({ id }) => id === wanted);
    if (index < 0) return;
    found.current = true;
    bring?.(index);
    whenDrawn(element, `[data-id="${CSS.escape(wanted)}"] [data-row]`);
  });
}

/** Waits for the row, because a virtual list draws its rows some frames later. */
function whenDrawn(list: HTMLElement, selector: string, frames = FRAMES): void {
  requestAnimationFrame(function look() {
    const row = list.querySelector<HTMLElement>(selector);
    if (row) row.focus();
    else if (frames-- > 0) requestAnimationFrame(look);
  });
}
