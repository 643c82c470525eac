import { scopes } from '@paggio/core';
import { array, nullable, object, oneOf, text, time, uuid, type JsonSchema } from '../../openapi/schema';

const key = {
  id: uuid,
  'user_id?': text(
    'The user whose objects the key can access. Present only when it is another user; only operators see such keys.',
  ),
  name: text(),
  prefix: text('The first twelve characters of the key.'),
  mode: oneOf(['live', 'test']),
  scopes: array(oneOf(scopes)),
  last_used_at: nullable(time),
  expires_at: nullable(time),
  created_at: time,
};

export const keySchemas: Readonly<Record<string, JsonSchema>> = {
  ApiKey: object(key),
  ApiKeyCreated: object({ ...key, key: text('The key itself. Only this answer shows it.') }),
};
