import { object, text, time, type JsonSchema } from '../../openapi/schema';

export const secretSchemas: Readonly<Record<string, JsonSchema>> = {
  Secret: object({
    secret: text(),
    'verification_secret?': text('What the provider handed over in a handshake (Notion, Asana).'),
  }),
  RotatedSecret: object({
    secret: text(),
    previous_expires_at: { ...time, description: 'Until then signatures under the previous secret are accepted too.' },
  }),
};
