import { timeInput } from '../../dto/time';
import { nullable, object, type JsonSchema } from '../../openapi/schema';

export type SecretInput = string | { value: string; expires_at?: string | null };

const MAX_LENGTH = 16_384;
const value: JsonSchema = { type: 'string', minLength: 1, maxLength: MAX_LENGTH };

export const secretsInput: JsonSchema = {
  type: 'array',
  maxItems: 20,
  items: { anyOf: [value, object({ value, 'expires_at?': nullable(timeInput) })] },
};

export const replaySecretsInput: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'null'], minLength: 1, maxLength: MAX_LENGTH },
};
