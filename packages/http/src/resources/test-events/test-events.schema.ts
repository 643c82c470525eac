import { object, oneOf, uuid, type JsonSchema } from '../../openapi/schema';

export const testEventSchemas: Readonly<Record<string, JsonSchema>> = {
  TestQueued: object({ id: uuid, status: oneOf(['QUEUED']) }),
};
