import { parseTime, type VerificationInput, type VerificationSettings } from '@paggio/core';
import type { VerificationDto } from './endpoints.dto';

/** The verification that a body asks for. Members that are left out stay left out. */
export function toVerificationInput(dto: VerificationDto): VerificationInput {
  return {
    provider: dto.provider,
    scheme: dto.scheme,
    secrets: dto.secrets?.map((secret) =>
      typeof secret === 'string'
        ? secret
        : { value: secret.value, expiresAt: secret.expires_at ? (parseTime(secret.expires_at) ?? null) : null },
    ),
    publicUrl: dto.public_url,
    // The core checks every value.
    settings: dto.settings as VerificationSettings | undefined,
    replaySecrets: dto.replay_secrets,
  };
}
