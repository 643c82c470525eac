import { errorTable } from '@paggio/core';
import { array, object, oneOf, text, uuid, type JsonSchema } from '../../openapi/schema';

export const errorSchemas: Readonly<Record<string, JsonSchema>> = {
  Error: object({
    status: oneOf(['error']),
    code: oneOf(Object.keys(errorTable), 'A stable identifier.'),
    message: text('What went wrong, in plain words.'),
    hint: text('What to do next.'),
    details: array(object({ field: text(), message: text() })),
    request_id: uuid,
  }),
};
