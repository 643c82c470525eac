import type { JsonSchema } from '../openapi/schema';

/** What the address check asks of a URL. No pattern can say it, because the check looks the host up. */
export const URL_FORM =
  'An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0.';

export const urlInput: JsonSchema = { type: 'string', format: 'uri', maxLength: 2048 };
/** The same, or an empty text for none. */
export const urlOrNone: JsonSchema = { anyOf: [urlInput, { type: 'string', maxLength: 0 }] };
