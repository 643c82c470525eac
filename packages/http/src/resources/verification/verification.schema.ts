import { causes } from '@paggio/core';
import { array, flag, nullable, object, oneOf, text, uuid, type JsonSchema } from '../../openapi/schema';

/** What would have made a signature hold, or what was seen. */
const finding = object({
  cause: oneOf(causes, 'A stable word.'),
  message: text('What would have matched, or was seen. Never a secret or a signature.'),
  fix: text('What to change.'),
});

function verification(statuses: readonly string[]): Record<string, JsonSchema> {
  return {
    status: oneOf(statuses),
    provider: nullable(text()),
    reason: nullable(text('A stable word.')),
    explanation: text('For people.'),
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
    body_truncated: { ...flag, description: 'matches and hints are those of the moment when the request arrived.' },
  }),
};
