import { scopes } from '@paggio/core';
import { array, flag, nullable, object, oneOf, text, time, uuid, type JsonSchema } from '../../openapi/schema';

export const sessionSchemas: Readonly<Record<string, JsonSchema>> = {
  Session: object({
    id: uuid,
    current: { ...flag, description: 'True for the session that makes the request. Always false with an API key.' },
    mode: oneOf(['live', 'test'], 'The mode of the key or link that opened the session.'),
    scopes: array(oneOf(scopes)),
    key_id: nullable(uuid),
    key_prefix: nullable(
      text(
        'Prefix of the key that opened the session. Revoking that key ends the session. Null: a sign-in link that was created without a key opened it.',
      ),
    ),
    remote_addr: nullable(text('Address that the session was opened from. Null: unknown.')),
    user_agent: nullable(text('The User-Agent of the browser that opened the session, up to 256 characters.')),
    created_at: time,
    last_used_at: { ...time, description: 'UTC, exact to a minute.' },
    expires_at: { ...time, description: 'UTC. The session ends earlier if it is not used for twelve hours.' },
  }),
};
