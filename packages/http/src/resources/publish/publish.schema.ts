import { array, object, uuid, type JsonSchema } from '../../openapi/schema';

export const publishSchemas: Readonly<Record<string, JsonSchema>> = {
  Published: object({
    deliveries: array(
      object({
        endpoint_id: uuid,
        event_id: uuid,
        created: { type: 'boolean', description: 'False when an earlier request with the same key created it.' },
      }),
    ),
  }),
};
