import { causes } from '@paggio/core';
import { array, flag, nullable, object, oneOf, text, uuid, type JsonSchema } from '../../openapi/schema';

/** A finding: what would have made a signature valid, or what was seen. */
const finding = object({
  cause: oneOf(causes, 'A stable identifier.'),
  message: text('What would have matched, or what was found. Never contains a secret or a signature.'),
  fix: text('What to change.'),
});

function verification(statuses: readonly string[]): Record<string, JsonSchema> {
  return {
    status: oneOf(statuses),
    provider: nullable(text()),
    reason: nullable(text('A stable identifier.')),
    explanation: text('What is known, in plain words.'),
    body_authenticated: flag,
    matches: array(finding),
    hints: array(finding),
  };
}

export const verificationSchemas: Readonly<Record<string, JsonSchema>> = {
  EventVerification: object({ event_id: uuid, ...verification(['verified', 'unverified']) }),
  RejectionVerification: object({
    rejection_id: uuid,
    ...verification(['failed']),
    body_truncated: {
      ...flag,
      description:
        'True when the stored body was cut. matches and hints then come from the time when the request arrived.',
    },
  }),
};
