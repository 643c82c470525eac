import type { StoredTls } from './destination-tls';
import type { StoredVerification } from './endpoint';
import type { SecretBox } from '../secrets/secret-box';

/**
 * The place of an endpoint's secret. It is authenticated with the secret, so a value that is moved elsewhere does not
 * open.
 */
export function secretPlace(userId: string, endpointId: string): string {
  return `${userId}|endpoints|${endpointId}|secret`;
}

/** The place of custom headers. `id` is the endpoint or destination that has them. */
export function headersPlace(userId: string, id: string): string {
  return `${userId}|headers|${id}|headers`;
}

/** The place of a destination's client certificate, key and certificate authorities. */
export function tlsPlace(userId: string, destinationId: string): string {
  return `${userId}|destinations|${destinationId}|tls`;
}

export function openTls(box: SecretBox, sealed: string, userId: string, destinationId: string): StoredTls {
  return JSON.parse(box.open(sealed, tlsPlace(userId, destinationId))) as StoredTls;
}

/** The place of the incoming webhook URL of a notification channel. */
export function notificationPlace(userId: string, mode: string, channel: string): string {
  return `${userId}|notifications|${mode}|${channel}`;
}

export function verificationPlace(userId: string, endpointId: string): string {
  return `${userId}|endpoints|${endpointId}|verification`;
}

export function sealVerification(
  box: SecretBox,
  config: StoredVerification,
  userId: string,
  endpointId: string,
): string {
  return box.seal(JSON.stringify(config), verificationPlace(userId, endpointId));
}

export function openVerification(
  box: SecretBox,
  sealed: string,
  userId: string,
  endpointId: string,
): StoredVerification {
  return JSON.parse(box.open(sealed, verificationPlace(userId, endpointId))) as StoredVerification;
}
