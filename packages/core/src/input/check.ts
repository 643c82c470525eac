import { invalid, type ErrorDetail } from '../errors';
import { cannotBeRead, type Shape } from './shape';

/** The names of an operation's arguments and their rules. If a name is empty, problems name only the members. */
export type Arguments = readonly (readonly [name: string, shape: Shape])[];

/** Returns the problems of an operation's arguments, or undefined when there are none. */
export function problemsOf(expected: Arguments, args: readonly unknown[]): ErrorDetail[] | undefined {
  let problems: ErrorDetail[] | undefined;
  for (let index = 0; index < expected.length; index++) {
    const [field, shape] = expected[index] as Arguments[number];
    let found: readonly ErrorDetail[];
    try {
      found = shape(args[index], field);
    } catch {
      // A proxy may throw when it is read.
      found = cannotBeRead(field === '' ? 'input' : field);
    }
    if (found.length > 0) (problems ??= []).push(...found);
  }
  return problems;
}

/** @throws PaggioError `VALIDATION_FAILED` */
export function check(expected: Arguments, args: readonly unknown[]): void {
  const problems = problemsOf(expected, args);
  if (problems) throw invalid(problems);
}
