import { array, flag, integer, object, ref, type JsonSchema } from '../../openapi/schema';

export const pageSchemas: Readonly<Record<string, JsonSchema>> = {
  ListMeta: object({
    total: integer('Of all pages; exact up to 10000.'),
    'total_capped?': { ...flag, description: 'There are more than 10000.' },
    limit: integer(),
    offset: integer(),
    has_more: flag,
    'search_complete?': { ...flag, description: 'With q: whether everything was searched; false: page on.' },
  }),
};

/** A page of objects. */
export function listOf(name: string): JsonSchema {
  return object({ data: array(ref(name)), meta: ref('ListMeta') });
}
