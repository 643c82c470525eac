import type { JsonSchema } from '../openapi/schema';

/** The requirements of the address check on a URL. No pattern can express them, because the check looks the host up. */
export const URL_FORM =
  'An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0.';

export const urlInput: JsonSchema = { type: 'string', format: 'uri', maxLength: 2048 };
/** The same, or an empty text for no URL. */
export const urlOrNone: JsonSchema = { anyOf: [urlInput, { type: 'string', maxLength: 0 }] };
