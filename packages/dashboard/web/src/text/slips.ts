import { closest } from '@paggio/providers/closest';

export interface Slip {
  written: string;
  meant: string;
}

/**
 * Finds filters that match no known event type but nearly do, such as `invoice.piad` and `invioce.*`. Each is listed
 * once, with the closest known type or group of types.
 */
export function findSlips(filters: readonly string[], known: readonly string[]): Slip[] {
  const groups = known.flatMap((type) => [...type.matchAll(/\./g)].map(({ index }) => `${type.slice(0, index)}.*`));
  return [...new Set(filters)].flatMap((written) => {
    const candidates = written.endsWith('.*') ? groups : known;
    const meant = candidates.includes(written) ? undefined : closest(written, candidates);
    return meant === undefined ? [] : [{ written, meant }];
  });
}
