import { object, oneOf, text, uuid, type JsonSchema } from '../../openapi/schema';

export const ingestSchemas: Readonly<Record<string, JsonSchema>> = {
  Queued: object({ id: uuid, status: oneOf(['QUEUED']), message: text() }),
};
