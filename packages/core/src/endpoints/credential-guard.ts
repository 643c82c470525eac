import { activeSecrets, createVerifier, sameText, type CredentialPlace } from '@paggio/providers';
import type { DestinationRow } from '../storage/entities/destination';
import type { DestinationPlan } from './destination-plan';
import type { StoredVerification, VerificationInput } from './endpoint';

export interface GuardedChange {
  /** The stored verification. `null` means that there is none, `unreadable` that it cannot be decrypted now. */
  stored: StoredVerification | 'unreadable' | null;
  destinations: readonly DestinationRow[];
  /** The verification that the change asks for. `undefined` leaves the stored one alone. */
  verification: VerificationInput | null | undefined;
  plan: DestinationPlan;
}

/**
 * Why a change needs the scope `resign`, or null if it does not.
 *
 * Some providers send their secret itself with each request. Every host that receives such a request learns the secret.
 * The verification keeps it masked, so anybody who reads the events could learn it once the verification is gone. A key
 * without `resign` may not act in the provider's name. It can therefore neither send such requests to another host nor
 * change or remove the verification, unless it proves that it knows the secrets by sending them along. Endpoints whose
 * provider signs its requests are not affected.
 */
export function guardedReason(
  { stored, destinations, verification, plan }: GuardedChange,
  now: number,
): { message: string; hint: string } | null {
  const credential = stored && credentialOf(stored);
  if (stored === null || credential === null) return null;
  const [host] = furtherHosts(destinations, plan);
  const verificationChanges = verification === null || verification?.secrets !== undefined;
  if (host === undefined && !verificationChanges) return null;
  // A public key proves nothing, because anybody may know it.
  const provable = stored !== 'unreadable' && credential !== 'unknown' && credential.shared;
  if (provable && knowsSecrets(stored, verification, now)) return null;
  const carried = "Requests to this endpoint carry the provider's secret itself";
  if (host !== undefined) {
    return {
      message: `${carried}: sending them to ${host} needs the scope "resign"`,
      hint: 'Use a key with the scope resign or admin, or PATCH the endpoint with both the destination and the verification, including all current secrets.',
    };
  }
  return {
    message: `${carried}: changing or removing the verification needs the scope "resign"`,
    hint: 'Use a key with the scope resign or admin, or include all current secrets in the request. A secret with an expiry needs no change: it expires by itself.',
  };
}

/**
 * Why a change needs the scope `resign`, or null if it does not.
 *
 * A client certificate grants access to the host that it was issued for. A key that may only write must not use the
 * certificate, or the authorities that are trusted for that host, at another host. It may move the destination if it
 * sends other TLS settings, or null, with the new URL.
 */
export function certificateReason(
  destinations: readonly DestinationRow[],
  { changed }: Pick<DestinationPlan, 'changed'>,
): { message: string; hint: string } | null {
  for (const { id, url, tls } of changed) {
    const row = destinations.find((one) => one.id === id);
    if (!row || row.tls === null || url === undefined || tls !== undefined) continue;
    const { origin } = new URL(url);
    if (origin === new URL(row.url).origin) continue;
    return {
      message: `The destination has TLS settings: using them at ${origin} needs the scope "resign"`,
      hint: 'Use a key with the scope resign or admin, or include tls in the request with the new URL: null, or the certificate and its key again.',
    };
  }
  return null;
}

/** How requests carry the secret. `null` means that they are signed, `unknown` that the verification does not work. */
function credentialOf(stored: StoredVerification | 'unreadable'): CredentialPlace | 'unknown' | null {
  if (stored === 'unreadable') return 'unknown';
  const verifier = createVerifier(stored, { stored: true });
  return Array.isArray(verifier) ? 'unknown' : verifier.credential;
}

/** Origins in the plan that no destination of the endpoint has yet. */
function furtherHosts(destinations: readonly DestinationRow[], plan: DestinationPlan): string[] {
  const known = new Set(destinations.filter(({ handler }) => handler === null).map(({ url }) => new URL(url).origin));
  const urls = [...plan.added, ...plan.changed].flatMap(({ url }) => url ?? []);
  return urls.map((url) => new URL(url).origin).filter((origin) => !known.has(origin));
}

/** Whether an input contains every active stored secret, or every stored one when none is active. */
function knowsSecrets(
  stored: StoredVerification,
  verification: VerificationInput | null | undefined,
  now: number,
): boolean {
  const given = verification?.secrets?.map((secret) => (typeof secret === 'string' ? secret : secret.value)) ?? [];
  const active = activeSecrets(stored, now);
  const wanted = active.length > 0 ? active : stored.secrets.map(({ value }) => value);
  return wanted.length > 0 && wanted.every((secret) => given.some((text) => sameText(text, secret)));
}
