import type { RefObject } from 'react';
import { useKeys } from '../../shell/keys';

/** Moves the focus between the links of a list's rows with `j` and `k`. Enter follows the focused link. */
export function useRowKeys(list: RefObject<HTMLElement | null>): void {
  const move = (by: 1 | -1): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 ? (by === 1 ? 0 : rows.length - 1) : at + by;
    rows[next]?.focus();
  };
  useKeys({ j: () => move(1), k: () => move(-1) });
}
