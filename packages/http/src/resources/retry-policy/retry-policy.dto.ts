import { retryPresets } from '@paggio/core';
import { array, object, oneOf, type JsonSchema } from '../../openapi/schema';

const range = (minimum: number, maximum: number): JsonSchema => ({ type: 'number', minimum, maximum });

const presets = (isSchedule: boolean): string[] =>
  Object.entries(retryPresets)
    .filter(([, policy]) => 'scheduleSeconds' in policy === isSchedule)
    .map(([name]) => name);

/** The values that `parseRetryPolicy` of the core accepts. */
export const retryInput: JsonSchema = {
  anyOf: [
    object({
      'preset?': oneOf(presets(false)),
      'max_attempts?': { type: 'integer', minimum: 1, maximum: 100 },
      'base_seconds?': range(1, 86_400),
      'factor?': range(1, 10),
      'cap_seconds?': range(1, 604_800),
      'floor_seconds?': range(0, 3600),
      'jitter?': oneOf(['full', 'equal', 'none']),
      'client_errors?': oneOf(['retry', 'fail']),
    }),
    object({ preset: oneOf(presets(true)), 'client_errors?': oneOf(['retry', 'fail']) }),
    object({
      schedule_seconds: { ...array(range(0, 604_800)), minItems: 1, maxItems: 100 },
      'client_errors?': oneOf(['retry', 'fail']),
    }),
  ],
};
