import { array, integer, nullable, object, time, type JsonSchema } from '../../openapi/schema';

export const statsSchemas: Readonly<Record<string, JsonSchema>> = {
  Stats: object({
    total_events: integer(),
    delivered: integer(),
    failed: integer(),
    pending: integer(),
    captured: integer(),
    success_rate: nullable({
      type: 'number',
      description: 'Delivered events in percent of delivered and failed ones. Null: there are neither.',
    }),
    avg_delivery_ms: nullable(integer('Average for successful attempts.')),
    p95_delivery_ms: nullable(integer('95th percentile for successful attempts, within 5 percent.')),
    series: array(
      object({
        at: { ...time, description: 'Start of the step. UTC, with milliseconds.' },
        total: integer(),
        delivered: integer(),
        failed: integer(),
      }),
    ),
  }),
};
