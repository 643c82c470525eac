import { array, integer, object, oneOf, type JsonSchema } from '../../openapi/schema';

const number: JsonSchema = { type: 'number' };

/** A retry policy as it is stored and shown. */
const retryPolicy: JsonSchema = {
  anyOf: [
    object({
      max_attempts: integer(),
      base_seconds: number,
      factor: number,
      cap_seconds: number,
      floor_seconds: number,
      'jitter?': oneOf(['full', 'equal', 'none']),
      'client_errors?': oneOf(['retry', 'fail']),
    }),
    object({ schedule_seconds: array(number), 'client_errors?': oneOf(['retry', 'fail']) }),
  ],
};

export const retryPolicySchemas: Readonly<Record<string, JsonSchema>> = { RetryPolicy: retryPolicy };
