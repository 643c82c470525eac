import type * as Wire from '../../generated/wire-types';

export function toSecret({
  secret,
  verificationSecret,
}: {
  secret: string;
  verificationSecret: string | null;
}): Wire.Secret {
  return { secret, verification_secret: verificationSecret ?? undefined };
}

export function toRotatedSecret(rotated: { secret: string; previousExpiresAt: Date }): Wire.RotatedSecret {
  return { secret: rotated.secret, previous_expires_at: rotated.previousExpiresAt.toISOString() };
}
