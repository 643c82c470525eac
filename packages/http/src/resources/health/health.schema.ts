import { integer, nullable, object, oneOf, text, type JsonSchema } from '../../openapi/schema';

export const healthSchemas: Readonly<Record<string, JsonSchema>> = {
  Liveness: object({ status: oneOf(['ok']) }),
  Readiness: object({
    status: oneOf(['ok', 'unavailable']),
    reason: nullable(text('Why the process is not ready. Null when it is ready.')),
    migration: nullable(
      integer('Number of the newest migration in the database. Null while the database does not answer.'),
    ),
    lag_seconds: nullable({
      type: 'number',
      description: 'Seconds that the most overdue delivery has been waiting.',
    }),
  }),
};
