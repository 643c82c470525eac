import { array, flag, integer, object, ref, type JsonSchema } from '../../openapi/schema';

export const pageSchemas: Readonly<Record<string, JsonSchema>> = {
  ListMeta: object({
    total: integer('Number of items on all pages. Exact up to 10000.'),
    'total_capped?': { ...flag, description: 'True when there are more than 10000 items.' },
    limit: integer(),
    offset: integer(),
    has_more: flag,
    'search_complete?': {
      ...flag,
      description: 'Only with q: whether everything was searched. False: request the next page to search further.',
    },
  }),
};

/** A page of objects. */
export function listOf(name: string): JsonSchema {
  return object({ data: array(ref(name)), meta: ref('ListMeta') });
}
