import type { RefObject } from 'react';
import { useKeys } from '../../shell/keys';

/**
 * `j` and `k` move between the links of a list's rows; Enter is the link's own.
 * @param more called at the last row: a virtual list has to draw the next ones
 */
export function useRowKeys(list: RefObject<HTMLElement | null>, more?: (by: 1 | -1) => void): void {
  const move = (by: 1 | -1): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 ? (by === 1 ? 0 : rows.length - 1) : at + by;
    rows[next]?.focus({ preventScroll: false });
    if (next < 0 || next >= rows.length - 1) more?.(by);
  };
  useKeys({ j: () => move(1), k: () => move(-1) });
}
