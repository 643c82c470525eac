import { flag, integer, nullable, object, oneOf, text, textMap, texts, type JsonSchema } from '../../openapi/schema';

export const providerSchemas: Readonly<Record<string, JsonSchema>> = {
  Provider: object({
    name: text(),
    title: text(),
    category: text(),
    schemes: texts,
    default_scheme: text(),
    signs_url: { ...flag, description: 'verification.public_url is needed.' },
    handshake: { ...flag, description: 'It asks a question before it sends, which is answered.' },
    hands_over_secret: { ...flag, description: 'It sends its secret in a handshake: secrets may be left empty.' },
    secret: text('What it calls the secret, and where it shows it.'),
    setup: text('How to get there in its pages.'),
    documentation_url: text(),
    sample_event_types: { ...texts, description: 'Types of test events that there are samples of.' },
    confidence: oneOf(['A', 'B', 'C', 'D'], 'A: from its own source or a published vector. D: unconfirmed.'),
    settings: { ...textMap, description: 'Names in verification.settings with what they mean.' },
    tolerance_seconds: nullable(
      integer(
        'How old a signed timestamp may be, unless settings.tolerance_seconds says otherwise. Null: not checked.',
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
