import { integer, nullable, object, oneOf, text, type JsonSchema } from '../../openapi/schema';

export const healthSchemas: Readonly<Record<string, JsonSchema>> = {
  Liveness: object({ status: oneOf(['ok']) }),
  Readiness: object({
    status: oneOf(['ok', 'unavailable']),
    reason: nullable(text('What is wrong.')),
    migration: nullable(integer('Number of the newest migration in the database.')),
    lag_seconds: nullable({
      type: 'number',
      description: 'How long the delivery that is most overdue has been waiting.',
    }),
  }),
};
