import { channels, triggers } from '@paggio/core';
import { array, integer, nullable, object, oneOf, text, type JsonSchema } from '../../openapi/schema';

const channel = object({
  url: text('The URL of the webhook without its secret part.'),
  triggers: array(oneOf(triggers)),
});

export const notificationSchemas: Readonly<Record<string, JsonSchema>> = {
  Notifications: object({
    ...Object.fromEntries(channels.map((name) => [name, nullable(channel)])),
    'failing_after_minutes?': integer('Present only while a channel is set up.'),
  }),
  NotificationSent: object({
    status: oneOf(['delivered', 'failed']),
    response_status: nullable(integer()),
    latency_ms: integer(),
    error: nullable(text()),
  }),
};
