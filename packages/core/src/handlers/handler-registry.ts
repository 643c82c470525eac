import { catalogue, closest, didYouMean, findProvider, sampleEventTypes } from '@paggio/providers';
import { API_SOURCE } from '../capture/signed-ingest';
import { parseRetryPolicy, type RetryPolicy } from '../endpoints/retry-policy';
import { PaggioError, type ErrorDetail } from '../errors';
import { problemsOf, type Arguments } from '../input/check';
import { DURATION_FORM, parseDuration } from '../input/duration';
import {
  callable,
  data,
  either,
  flag,
  integer,
  list,
  matching,
  members,
  nullable,
  oneOf,
  optional,
  rule,
  satisfying,
  text,
  type Shape,
} from '../input/shape';
import type { HandlerOptions, RegisteredHandler } from './handler';

const NAME = /^[A-Za-z0-9._:*,/-]{1,100}$/;
const NAME_FORM = '1 to 100 letters, digits and . _ : * , / -';

/** Checks the meaning of a value once its form is right. */
function meaningful(form: Shape, problemsOfMeaning: (value: never, field: string) => ErrorDetail[]): Shape {
  return rule((value, field) => {
    const found = form(value, field);
    return found.length > 0 ? found : problemsOfMeaning(value as never, field);
  });
}

const options: Record<keyof HandlerOptions, Shape> = {
  name: optional(matching(NAME, NAME_FORM)),
  transactional: optional(flag),
  timeout: optional(
    nullable(
      satisfying((value) => inSeconds(value) !== undefined, `must be from 1s to 1h in whole seconds: ${DURATION_FORM}`),
    ),
  ),
  retry: optional(meaningful(data, retryProblems)),
  concurrency: optional(nullable(integer(1, 1000))),
  endpoint: optional(either(text(1, 200), list(text(1, 200)))),
  userId: optional(text(1, 512)),
  mode: optional(oneOf(['live', 'test', 'any'])),
  unverified: optional(flag),
};
const eventType = meaningful(
  matching(/^[\x21-\x7e]{1,200}$/, 'an event type such as invoice.paid, a pattern such as invoice.*, or *'),
  patternProblems,
);
const registration: Arguments = [
  ['source', meaningful(text(1, 64), sourceProblems)],
  ['eventType', either(eventType, list(eventType, { min: 1 }))],
  ['handler', callable],
  ['', optional(members(options, { options: true }))],
];

/** Whole seconds from 1 to 3600; undefined for anything else. */
function inSeconds(value: unknown): number | undefined {
  const seconds = (parseDuration(value) ?? 0) / 1000;
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600 ? seconds : undefined;
}

/** The handlers that the code of this process has. */
export class HandlerRegistry {
  private readonly byName = new Map<string, RegisteredHandler>();

  /** @throws PaggioError `BAD_REQUEST` with all problems, or `CONFLICT` when the name is taken */
  add(
    source: string,
    eventType: string | readonly string[],
    handle: RegisteredHandler['handle'],
    given: HandlerOptions = {},
  ): void {
    const handler = checked(source, eventType, handle, given);
    if (this.byName.has(handler.name)) {
      throw new PaggioError('CONFLICT', `There are two handlers with the name "${handler.name}"`, {
        hint: 'Give one of them another name with the option name.',
      });
    }
    this.byName.set(handler.name, handler);
  }

  get(name: string): RegisteredHandler | undefined {
    return this.byName.get(name);
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  get all(): RegisteredHandler[] {
    return [...this.byName.values()];
  }
}

function checked(
  source: string,
  eventTypes: string | readonly string[],
  handle: RegisteredHandler['handle'],
  given: HandlerOptions,
): RegisteredHandler {
  const problems = problemsOf(registration, [source, eventTypes, handle, given]) ?? [];
  const isNameFine = !problems.some(({ field }) => field === 'name' || field === 'input');
  const named = isNameFine ? (given.name ?? null) : null;
  if (problems.length > 0) throw refused(named ?? defaultName(source, eventTypes), problems);
  const types = typeof eventTypes === 'string' ? [eventTypes] : [...eventTypes];
  const name = named ?? defaultName(source, types);
  if (!NAME.test(name)) {
    const message = `"${name}" cannot be the name of a handler: ${NAME_FORM} (option name).`;
    throw refused(name, [{ field: 'name', message }]);
  }
  const retry = given.retry === undefined ? null : (parseRetryPolicy(given.retry) as RetryPolicy);
  const { mode = 'live' } = given;
  return {
    name,
    source,
    eventTypes: types.includes('*') ? [] : types,
    endpoints: given.endpoint === undefined ? [] : [given.endpoint].flat(),
    userId: given.userId ?? null,
    mode: mode === 'any' ? null : mode,
    unverified: given.unverified ?? false,
    timeoutSeconds: inSeconds(given.timeout) ?? null,
    retry,
    concurrency: given.concurrency ?? null,
    transactional: given.transactional ?? false,
    handle,
  };
}

function retryProblems(retry: object, field: string): ErrorDetail[] {
  const policy = parseRetryPolicy(retry, field);
  return Array.isArray(policy) ? policy : [];
}

function sourceProblems(source: string, field: string): ErrorDetail[] {
  if (['*', API_SOURCE, 'custom', 'unknown'].includes(source) || findProvider(source)) return [];
  const meant = didYouMean(
    source,
    catalogue.map(({ name }) => name),
  );
  const others = `GET /api/v1/providers names them; "${API_SOURCE}" is what the app publishes, "*" is every source.`;
  return [{ field, message: `There is no provider "${source}".${meant} ${others}` }];
}

function patternProblems(type: string, field: string): ErrorDetail[] {
  const isPattern =
    type === '*' || !type.includes('*') || (type.indexOf('*') === type.length - 1 && type.endsWith('.*'));
  const message = `"${type}" is not a pattern: use a star alone, or at the end after a dot (invoice.*).`;
  return isPattern ? [] : [{ field, message }];
}

/** The default name of a handler. It uses only values that are texts, because it names refused handlers too. */
function defaultName(source: unknown, eventTypes: unknown): string {
  const texts = (value: unknown): string =>
    [value]
      .flat()
      .filter((one) => typeof one === 'string')
      .join(',');
  return `${texts(source)}:${texts(eventTypes)}`;
}

function refused(name: string, details: ErrorDetail[]): PaggioError {
  const message = `The handler "${name}" cannot be registered: ${details.map((one) => one.message).join(' ')}`;
  return new PaggioError('BAD_REQUEST', message, { hint: 'Correct the options named in details.', details });
}

/** Hints about event types that are almost those of the provider's samples, and so most likely typing errors. */
export function typeHints({ name, source, eventTypes }: RegisteredHandler): string[] {
  const known = findProvider(source) ? sampleEventTypes(source) : [];
  return eventTypes.flatMap((type) => {
    const meant = type.endsWith('.*') || known.includes(type) ? undefined : closest(type, known);
    return meant === undefined
      ? []
      : [`The handler "${name}" handles the event type "${type}" of ${source}. Did you mean "${meant}"?`];
  });
}
