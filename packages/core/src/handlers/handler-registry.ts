import { catalogue, closest, didYouMean, findProvider, sampleEventTypes } from '@paggio/providers';
import { API_SOURCE } from '../capture/signed-ingest';
import { parseRetryPolicy } from '../delivery/retry-policy';
import { PaggioError, type ErrorDetail } from '../errors';
import type { HandlerOptions, RegisteredHandler } from './handler';

const NAME = /^[A-Za-z0-9._:*,/-]{1,100}$/;
const EVENT_TYPE = /^[\x21-\x7e]{1,200}$/;

const known: Record<keyof HandlerOptions, true> = {
  name: true,
  transactional: true,
  timeoutSeconds: true,
  retry: true,
  concurrency: true,
  endpoint: true,
  userId: true,
  mode: true,
  unverified: true,
};

/** The handlers that the code of this process has. */
export class HandlerRegistry {
  private readonly byName = new Map<string, RegisteredHandler>();

  /** @throws PaggioError `BAD_REQUEST` with everything that is wrong, or `CONFLICT` when the name is taken */
  add(
    source: string,
    eventType: string | readonly string[],
    handle: RegisteredHandler['handle'],
    options: HandlerOptions = {},
  ): void {
    const handler = checked(source, eventType, handle, options);
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
  eventType: string | readonly string[],
  handle: RegisteredHandler['handle'],
  options: HandlerOptions,
): RegisteredHandler {
  const problems: ErrorDetail[] = [];
  const fail = (field: string, message: string): void => void problems.push({ field, message });
  const whole = (field: 'timeoutSeconds' | 'concurrency', max: number): number | null => {
    const value = options[field] ?? null;
    if (value !== null && !(Number.isInteger(value) && value >= 1 && value <= max))
      fail(field, `${field} must be a whole number from 1 to ${max}.`);
    return value;
  };

  for (const name of Object.keys(options))
    if (!Object.hasOwn(known, name))
      fail(name, `A handler has no option "${name}".${didYouMean(name, Object.keys(known))}`);
  if (!['*', API_SOURCE, 'custom', 'unknown'].includes(source) && !findProvider(source)) {
    const message = `There is no provider "${source}".${didYouMean(
      source,
      catalogue.map(({ name }) => name),
    )} GET /api/v1/providers names them; "${API_SOURCE}" is what the app publishes, "*" is every source.`;
    fail('source', message);
  }
  const types = typeof eventType === 'string' ? [eventType] : [...eventType];
  if (types.length === 0 || !types.every((one) => typeof one === 'string' && EVENT_TYPE.test(one)))
    fail('eventType', 'An event type is a text such as invoice.paid, a pattern such as invoice.*, or *.');
  for (const one of types)
    if (one !== '*' && one.includes('*') && !(one.indexOf('*') === one.length - 1 && one.endsWith('.*')))
      fail('eventType', `"${one}" is no pattern: a star stands alone, or at the end behind a dot (invoice.*).`);
  if (typeof handle !== 'function') fail('handler', 'A handler is a function.');
  const name = options.name ?? `${source}:${types.join(',')}`;
  if (!NAME.test(name)) {
    const message = `"${name}" cannot be the name of a handler: 1 to 100 letters, digits and . _ : * , / - (option name).`;
    fail('name', message);
  }
  const mode = options.mode ?? 'live';
  if (!['live', 'test', 'any'].includes(mode)) fail('mode', 'mode must be "live", "test" or "any".');
  const retry = options.retry === undefined ? null : parseRetryPolicy(options.retry);
  if (Array.isArray(retry)) problems.push(...retry);
  const handler: RegisteredHandler = {
    name,
    source,
    eventTypes: types.includes('*') ? [] : types,
    endpoints: options.endpoint === undefined ? [] : [options.endpoint].flat(),
    userId: options.userId ?? null,
    mode: mode === 'any' ? null : mode,
    unverified: options.unverified ?? false,
    timeoutSeconds: whole('timeoutSeconds', 3600),
    retry,
    concurrency: whole('concurrency', 1000),
    transactional: options.transactional ?? false,
    handle,
  };
  if (problems.length > 0) {
    const message = `The handler "${name}" cannot be registered: ${problems.map((one) => one.message).join(' ')}`;
    throw new PaggioError('BAD_REQUEST', message, {
      hint: 'Correct the options named in details.',
      details: problems,
    });
  }
  return handler;
}

/** Event types of a handler that are almost those of its provider's samples, and so most likely slips. */
export function typeHints({ name, source, eventTypes }: RegisteredHandler): string[] {
  const known = findProvider(source) ? sampleEventTypes(source) : [];
  return eventTypes.flatMap((type) => {
    const meant = type.endsWith('.*') || known.includes(type) ? undefined : closest(type, known);
    return meant === undefined
      ? []
      : [`The handler "${name}" waits for "${type}" of ${source}. Did you mean "${meant}"?`];
  });
}
