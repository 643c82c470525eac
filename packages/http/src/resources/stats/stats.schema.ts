import { array, integer, nullable, object, time, type JsonSchema } from '../../openapi/schema';

export const statsSchemas: Readonly<Record<string, JsonSchema>> = {
  Stats: object({
    total_events: integer(),
    delivered: integer(),
    failed: integer(),
    pending: integer(),
    captured: integer(),
    success_rate: nullable({ type: 'number', description: 'Percent of delivered and failed.' }),
    avg_delivery_ms: nullable(integer('Of the attempts that delivered.')),
    p95_delivery_ms: nullable(integer('Of the attempts that delivered, within 5 percent.')),
    series: array(
      object({
        at: { ...time, description: 'Where the step begins.' },
        total: integer(),
        delivered: integer(),
        failed: integer(),
      }),
    ),
  }),
};
