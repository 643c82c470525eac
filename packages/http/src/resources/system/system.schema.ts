import { roles } from '@paggio/core';
import { array, integer, nullable, object, oneOf, text, type JsonSchema } from '../../openapi/schema';

export const systemSchemas: Readonly<Record<string, JsonSchema>> = {
  System: object({
    version: text(),
    public_url: text('Base URL of links, and of webhook URLs when ingest_url is null.'),
    ingest_url: nullable(text('Origin of webhook URLs. Null: the public URL is used.')),
    roles: array(oneOf(roles)),
    migration: nullable(
      integer('Number of the newest migration in the database. Null while the database does not answer.'),
    ),
    queue: nullable(
      object({
        pending: integer('Unfinished deliveries of all users. Counted up to 100000.'),
        lag_seconds: {
          type: 'number',
          description: 'Seconds that the most overdue delivery has been waiting.',
        },
      }),
    ),
    retention_seconds: nullable(
      integer('Seconds after which finished events are deleted. Null: events are kept forever.'),
    ),
    dedup_window_seconds: integer('Seconds for which a repeated delivery of a provider is recognized.'),
    body_limit: integer('Largest request body, in bytes.'),
    rate_limit: nullable(object({ per_second: integer(), burst: integer() })),
    capture_rate_limit: nullable(object({ per_second: integer(), burst: integer() })),
    storage_quota: object({
      per_endpoint: nullable(integer('Bytes. Null: no quota.')),
      per_user: nullable(integer()),
      unverified: nullable(integer('Bytes that the unverified events of one endpoint may take. Null: no quota.')),
    }),
    staging_host: nullable(text('Host that replays to staging go to. Null: no staging host is set.')),
    local_url: text('Base URL that replays to local go to.'),
  }),
};
