import { invalid, type ErrorDetail } from '../errors';
import { cannotBeRead, type Shape } from './shape';

/** What an operation calls its arguments, with their rules. Where the name is empty, problems name the members alone. */
export type Arguments = readonly (readonly [name: string, shape: Shape])[];

/** What is wrong with the arguments of an operation. */
export function problemsOf(expected: Arguments, args: readonly unknown[]): ErrorDetail[] | undefined {
  let problems: ErrorDetail[] | undefined;
  for (let index = 0; index < expected.length; index++) {
    const [field, shape] = expected[index] as Arguments[number];
    let found: readonly ErrorDetail[];
    try {
      found = shape(args[index], field);
    } catch {
      // A proxy refuses to be looked at.
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
