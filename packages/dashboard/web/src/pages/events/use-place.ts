import type { EventItem } from '@paggio/client';
import { useEffect, useRef, useState, type RefObject } from 'react';

const RETURN_MS = 2_000;
const FRAMES = 20;

/** The event of a list that was opened last, by the address of the list. */
const opened = new Map<string, string>();
let returnedAt = -Infinity;
addEventListener('popstate', () => (returnedAt = performance.now()));

function openedHere(): string | null {
  return performance.now() - returnedAt > RETURN_MS ? null : (opened.get(location.href) ?? null);
}

/**
 * Whoever opens an event of a list and comes back (Esc, the browser's button) goes on where they were: at the same row,
 * with the focus on it.
 * @param bring draws the row of this index, where not all are drawn
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
    // Before the link of the row takes the page away; Enter on a link is a click too.
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

/** A virtual list draws the rows of its part some frames later. */
function whenDrawn(list: HTMLElement, selector: string, frames = FRAMES): void {
  requestAnimationFrame(function look() {
    const row = list.querySelector<HTMLElement>(selector);
    if (row) row.focus();
    else if (frames-- > 0) requestAnimationFrame(look);
  });
}
