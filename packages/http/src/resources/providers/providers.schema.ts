import { flag, integer, nullable, object, oneOf, text, textMap, texts, type JsonSchema } from '../../openapi/schema';

export const providerSchemas: Readonly<Record<string, JsonSchema>> = {
  Provider: object({
    name: text(),
    title: text(),
    category: text(),
    schemes: texts,
    default_scheme: text(),
    signs_url: {
      ...flag,
      description: 'True when the provider signs the URL, so that verification.public_url is needed.',
    },
    handshake: { ...flag, description: 'True when the provider sends a handshake first, which Paggio answers.' },
    hands_over_secret: {
      ...flag,
      description: 'True when the provider sends its secret in a handshake, so secrets may be empty.',
    },
    secret: text('What the provider calls the secret, and where it shows it.'),
    setup: text('How to set up the webhook at the provider.'),
    documentation_url: text(),
    sample_event_types: { ...texts, description: 'Event types for which Paggio has a sample.' },
    confidence: oneOf(
      ['A', 'B', 'C', 'D'],
      'How well the facts about the provider are confirmed. A: by its own source or a published test vector. D: unconfirmed.',
    ),
    settings: { ...textMap, description: 'The members of verification.settings and what they mean.' },
    tolerance_seconds: nullable(
      integer(
        'Largest age of a signed timestamp in seconds, unless settings.tolerance_seconds overrides it. Null: not checked.',
      ),
    ),
    retry_timestamp: nullable(
      oneOf(
        ['first', 'new', 'unknown'],
        'Whether retries carry the timestamp of the first attempt. Null: no timestamp is signed.',
      ),
    ),
  }),
};
