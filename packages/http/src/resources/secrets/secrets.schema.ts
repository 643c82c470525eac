import { object, text, time, type JsonSchema } from '../../openapi/schema';

export const secretSchemas: Readonly<Record<string, JsonSchema>> = {
  Secret: object({
    secret: text(),
    'verification_secret?': text('The secret that the provider sent in a handshake (Notion, Asana).'),
  }),
  RotatedSecret: object({
    secret: text(),
    previous_expires_at: { ...time, description: 'Signatures made with the previous secret are accepted until then.' },
  }),
};
