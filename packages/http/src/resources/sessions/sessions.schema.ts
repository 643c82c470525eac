import { scopes } from '@paggio/core';
import { array, flag, nullable, object, oneOf, text, time, uuid, type JsonSchema } from '../../openapi/schema';

export const sessionSchemas: Readonly<Record<string, JsonSchema>> = {
  Session: object({
    id: uuid,
    current: { ...flag, description: 'It is the one that asks. Never with an API key.' },
    mode: oneOf(['live', 'test'], 'The mode of the key or link that opened the session.'),
    scopes: array(oneOf(scopes)),
    key_id: nullable(uuid),
    key_prefix: nullable(
      text(
        'The prefix of the key that opened the session, and that ends it when it is revoked. Null: a link that was made without a key opened it.',
      ),
    ),
    remote_addr: nullable(text('Where it was opened from; null: unknown.')),
    user_agent: nullable(text('What the browser said about itself then, up to 256 characters.')),
    created_at: time,
    last_used_at: { ...time, description: 'Exact to a minute.' },
    expires_at: { ...time, description: 'It ends earlier when it is not used for twelve hours.' },
  }),
};
