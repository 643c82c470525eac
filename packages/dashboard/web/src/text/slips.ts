import { closest } from '@paggio/providers/closest';

export interface Slip {
  written: string;
  meant: string;
}

/**
 * The filters that match no known event type and are almost one that does: `invoice.piad`, `invioce.*`. Each is listed
 * once, with the known type, or the group of types, that is closest.
 */
export function findSlips(filters: readonly string[], known: readonly string[]): Slip[] {
  const groups = known.flatMap((type) => [...type.matchAll(/\./g)].map(({ index }) => `${type.slice(0, index)}.*`));
  return [...new Set(filters)].flatMap((written) => {
    const candidates = written.endsWith('.*') ? groups : known;
    const meant = candidates.includes(written) ? undefined : closest(written, candidates);
    return meant === undefined ? [] : [{ written, meant }];
  });
}
