/** The values of a form as text, by the label of the field. */
export type Facts = Readonly<Record<string, string>>;

/** A value that someone else has changed. */
export interface Change {
  label: string;
  before: string;
  now: string;
}

/** The facts that differ. */
export function changesOf(before: Facts, now: Facts): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((label) => before[label] !== now[label])
    .map((label) => ({ label, before: before[label] ?? '', now: now[label] ?? '' }));
}

/** Merges two edits: keeps what the person has typed since `before`, and takes the newer values everywhere else. */
export function mergeForms<F extends object>(mine: F, before: F, newer: F): F {
  const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  const names = Object.keys(newer) as (keyof F)[];
  return Object.fromEntries(
    names.map((name) => [name, same(mine[name], before[name]) ? newer[name] : mine[name]]),
  ) as F;
}
