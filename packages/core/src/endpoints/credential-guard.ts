import { activeSecrets, createVerifier, sameText, type CredentialPlace } from '@paggio/providers';
import type { DestinationRow } from '../storage/entities/destination';
import type { DestinationPlan } from './destination-plan';
import type { StoredVerification, VerificationInput } from './endpoint';

export interface GuardedChange {
  /** As stored; null: none. `unreadable`: it cannot be decrypted now. */
  stored: StoredVerification | 'unreadable' | null;
  destinations: readonly DestinationRow[];
  /** As asked for; undefined: left alone. */
  verification: VerificationInput | null | undefined;
  plan: DestinationPlan;
}

/**
 * Why a change needs the scope `resign`, or null.
 *
 * Where requests carry the provider's secret itself, every host that receives them learns it, and so does whoever reads
 * them once the verification that keeps it masked is gone. So a key that may not act in the provider's name can neither
 * send such requests to a further host nor change or remove the verification, unless it shows that it knows the secrets
 * by sending them along. Endpoints whose provider signs its requests are free of this.
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
  // A public key is no proof: anybody may know it.
  const provable = stored !== 'unreadable' && credential !== 'unknown' && credential.shared;
  if (provable && knowsSecrets(stored, verification, now)) return null;
  const carried = "Requests to this endpoint carry the provider's secret itself";
  if (host !== undefined) {
    return {
      message: `${carried}: sending them to ${host} needs the scope "resign"`,
      hint: 'Use a key with the scope resign or admin, or PATCH the endpoint with the destination and with its verification, all its secrets included.',
    };
  }
  return {
    message: `${carried}: changing or removing the verification needs the scope "resign"`,
    hint: 'Use a key with the scope resign or admin, or send all present secrets along. A secret with an expiry ends by itself.',
  };
}

/**
 * Why a change needs the scope `resign`, or null.
 *
 * A client certificate lets requests in at the host that it was made for. A key that may only write must not point it, nor
 * the authorities that are trusted for that host, at another host. It may move the destination if it sends TLS settings of
 * its own, or none, along.
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
      hint: 'Use a key with the scope resign or admin, or send tls along with the new URL: null, or the certificate and its key once more.',
    };
  }
  return null;
}

/** `unknown` for a verification that does not work. Null: requests are signed. */
function credentialOf(stored: StoredVerification | 'unreadable'): CredentialPlace | 'unknown' | null {
  if (stored === 'unreadable') return 'unknown';
  const verifier = createVerifier(stored, { stored: true });
  return Array.isArray(verifier) ? 'unknown' : verifier.credential;
}

/** Hosts, with scheme and port, that no destination of the endpoint has yet. */
function furtherHosts(destinations: readonly DestinationRow[], plan: DestinationPlan): string[] {
  const known = new Set(destinations.filter(({ handler }) => handler === null).map(({ url }) => new URL(url).origin));
  const urls = [...plan.added, ...plan.changed].flatMap(({ url }) => url ?? []);
  return urls.map((url) => new URL(url).origin).filter((origin) => !known.has(origin));
}

/** Whether an input contains every stored secret that still counts; all of them where none does. */
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
