import { FAILING_AFTER_MS, FAILING_ATTEMPTS, STRAIN_LIMIT } from './health';

/**
 * A condition: a row of `destinations` is failing. It is the rule of `failingSinceOf`, by the clock of the database.
 */
export const failing = (row: string): string => `(${row}.failing_since is not null and (${row}.strain >= ${STRAIN_LIMIT}
  or ${row}.failures >= ${FAILING_ATTEMPTS} and ${row}.failing_since <= now() - interval '${FAILING_AFTER_MS} milliseconds'))`;
