import type { StoredTls } from './destination-tls';
import type { StoredVerification } from './endpoint';
import type { SecretBox } from '../secrets/secret-box';

/** Where a secret belongs; authenticated with it. */
export function secretPlace(userId: string, endpointId: string): string {
  return `${userId}|endpoints|${endpointId}|secret`;
}

/** `id` is that of the endpoint or destination that the headers stand on. */
export function headersPlace(userId: string, id: string): string {
  return `${userId}|headers|${id}|headers`;
}

/** Client certificate, key and authorities of a destination. */
export function tlsPlace(userId: string, destinationId: string): string {
  return `${userId}|destinations|${destinationId}|tls`;
}

export function openTls(box: SecretBox, sealed: string, userId: string, destinationId: string): StoredTls {
  return JSON.parse(box.open(sealed, tlsPlace(userId, destinationId))) as StoredTls;
}

/** The incoming webhook of a channel. */
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
