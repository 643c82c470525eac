import { ValidateBy } from 'class-validator';
import { parseTime, TIME_FORM } from '@paggio/core';

/** A time of RFC 3339 with an offset, or a date alone, which is 00:00 UTC. */
export function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value) => parseTime(value) !== undefined,
      defaultMessage: (rule) => `${rule?.property ?? 'It'} must be ${TIME_FORM}`,
    },
  });
}
