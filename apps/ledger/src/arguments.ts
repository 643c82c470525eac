import { parseArgs } from 'node:util';

/**
 * @param known the names of all scenarios
 * @throws Error whose message says what is wrong
 */
export function readArguments(
  args: readonly string[],
  known: readonly string[],
): {
  names: string[];
  quick: boolean;
  brief: boolean;
  keep: boolean;
  seed: number;
  atOnce: number;
  postgres: string | undefined;
  /** An existing folder for the files of the run, which stay there. Default: a new one, which is removed at the end. */
  directory: string | undefined;
} {
  const { values, positionals: names } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      brief: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      'at-once': { type: 'string', default: '1' },
      postgres: { type: 'string' },
      directory: { type: 'string' },
    },
  });
  const whole = (name: 'seed' | 'at-once'): number => {
    if (/^\d{1,9}$/.test(values[name])) return Number(values[name]);
    throw new Error(`--${name} must be a whole number`);
  };
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`There is no scenario "${name}". There are: ${known.join(', ')}.`);
  }
  const { brief, directory, keep, postgres } = values;
  const quick = values.quick || brief;
  return { names, quick, brief, keep, seed: whole('seed'), atOnce: whole('at-once'), postgres, directory };
}
