import { roles } from '@paggio/core';
import { array, integer, nullable, object, oneOf, text, type JsonSchema } from '../../openapi/schema';

export const systemSchemas: Readonly<Record<string, JsonSchema>> = {
  System: object({
    version: text(),
    public_url: text('Base of links, and of webhook URLs where ingest_url is null.'),
    ingest_url: nullable(text('Origin of webhook URLs; null: the public URL.')),
    roles: array(oneOf(roles)),
    migration: nullable(integer('Number of the newest migration in the database; null: it does not answer.')),
    queue: nullable(
      object({
        pending: integer('Deliveries that are not over, of all users; up to 100000.'),
        lag_seconds: {
          type: 'number',
          description: 'How long the delivery that is most overdue has been waiting.',
        },
      }),
    ),
    retention_seconds: nullable(integer('Events that are over are removed after this; null: everything is kept.')),
    dedup_window_seconds: integer('For how long a repeated delivery of a provider is known.'),
    body_limit: integer('Bytes of the largest request.'),
    rate_limit: nullable(object({ per_second: integer(), burst: integer() })),
    capture_rate_limit: nullable(object({ per_second: integer(), burst: integer() })),
    storage_quota: object({
      per_endpoint: nullable(integer('Bytes; null: no quota.')),
      per_user: nullable(integer()),
      unverified: nullable(integer('Bytes that the unverified events of one endpoint may take.')),
    }),
    staging_host: nullable(text('Of replays to staging; null: there is none.')),
    local_url: text('Of replays to local.'),
  }),
};
