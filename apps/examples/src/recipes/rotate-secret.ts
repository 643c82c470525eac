import { unwrap, type PaggioClient } from '@paggio/client';

const DAY_MS = 86_400_000;

/** Before you change the secret at GitHub: accept both for a day. */
export async function acceptNewSecret(
  paggio: PaggioClient,
  endpointId: string,
  { previous, next }: { previous: string; next: string },
): Promise<void> {
  const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
  const secrets = [next, { value: previous, expires_at: expiresAt }];
  unwrap(await paggio.endpoints.update(endpointId, { verification: { provider: 'github', secrets } }));
}

/** The other direction: makes a new secret for deliveries. For a day, both secrets sign every delivery. */
export async function rotateSigningSecret(paggio: PaggioClient, endpointId: string): Promise<string> {
  const { secret } = unwrap(await paggio.endpoints.rotateSecret(endpointId, { overlap_seconds: 86_400 }));
  return secret;
}
