/** Stable names for the causes that an explanation can find. */
export const causes = [
  'valid_now',
  'clock',
  'expired_secret',
  'other_secret',
  'secret_form',
  'body_changed',
  'public_url',
  'other_scheme',
  'other_provider',
  'algorithm',
  'signature_encoding',
  'signed_text',
  'wrong_header',
  'no_secret',
  'missing_header',
  'repeated_header',
] as const;
export type Cause = (typeof causes)[number];
