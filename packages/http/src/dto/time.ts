import { ValidateBy } from 'class-validator';
import { parseTime, TIME_FORM } from '@paggio/core';
import type { JsonSchema } from '../openapi/schema';

const YEARS = '^(19[7-9][0-9]|[2-9][0-9]{3})-';

/** The values that `parseTime` of the core accepts. */
export const timeInput: JsonSchema = {
  anyOf: [
    { type: 'string', format: 'date-time', pattern: YEARS, description: 'RFC 3339 with an offset, from 1970 to 9999.' },
    { type: 'string', format: 'date', pattern: YEARS, description: 'A date, which means 00:00 UTC on that day.' },
  ],
};

/** Accepts a time of RFC 3339 with an offset, or a date alone, which means 00:00 UTC. */
export function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value) => parseTime(value) !== undefined,
      defaultMessage: (rule) => `${rule?.property ?? 'It'} must be ${TIME_FORM}`,
    },
  });
}
