import { ValidateBy, type ValidationOptions } from 'class-validator';
import { parseTime } from '@paggio/core';
import { nullable, object, type JsonSchema } from '../openapi/schema';

export type SecretInput = string | { value: string; expires_at?: string | null };

const MAX_LENGTH = 16_384;
const value: JsonSchema = { type: 'string', minLength: 1, maxLength: MAX_LENGTH };

export const secretsInput: JsonSchema = {
  type: 'array',
  maxItems: 20,
  items: { anyOf: [value, object({ value, 'expires_at?': nullable({ type: 'string', format: 'date-time' }) })] },
};

/** A secret by itself, or with the time from which on it no longer counts. */
export function IsSecret(options: ValidationOptions): PropertyDecorator {
  const message = 'a secret is a text, or {"value", "expires_at"}';
  return ValidateBy({ name: 'isSecret', validator: { validate: isSecret, defaultMessage: () => message } }, options);
}

function isSecret(input: unknown): boolean {
  if (typeof input === 'string') return input.length >= 1 && input.length <= MAX_LENGTH;
  if (typeof input !== 'object' || input === null) return false;
  const { value: text, expires_at: expiresAt, ...more } = input as Record<string, unknown>;
  const timed = expiresAt === undefined || expiresAt === null || parseTime(expiresAt) !== undefined;
  return isSecret(text) && typeof text === 'string' && timed && Object.keys(more).length === 0;
}

export const replaySecretsInput: JsonSchema = {
  type: 'object',
  additionalProperties: { type: ['string', 'null'], minLength: 1, maxLength: MAX_LENGTH },
};

/** Secrets by the name of an environment; null takes one away. */
export function IsReplaySecrets(): PropertyDecorator {
  const message = 'replay_secrets is an object of texts by environment, or null to take one away';
  return ValidateBy({
    name: 'isReplaySecrets',
    validator: { validate: isReplaySecrets, defaultMessage: () => message },
  });
}

function isReplaySecrets(input: unknown): boolean {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  return Object.values(input).every((text) => text === null || (typeof text === 'string' && isSecret(text)));
}
