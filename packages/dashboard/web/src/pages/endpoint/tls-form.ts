import type { Destination, Operations } from '@paggio/client';

export interface TlsForm {
  /**
   * `keep` leaves the stored settings alone, `replace` sends the three texts, and `remove` deletes the stored settings.
   */
  change: 'keep' | 'replace' | 'remove';
  /** PEM, like the two below. An empty text means none. */
  certificate: string;
  privateKey: string;
  authorities: string;
}

export const keptTls: TlsForm = { change: 'keep', certificate: '', privateKey: '', authorities: '' };

export type StoredTls = NonNullable<Destination['tls']>;
type TlsInput = NonNullable<Operations['destinations.update']['body']['tls']>;

/** What an update sends: the settings, null to remove them, or undefined to leave them as they are. */
export function toTls({ change, certificate, privateKey, authorities }: TlsForm): TlsInput | null | undefined {
  if (change === 'keep') return undefined;
  if (change === 'remove') return null;
  return {
    ...(certificate.trim() !== '' && { certificate }),
    ...(privateKey.trim() !== '' && { private_key: privateKey }),
    ...(authorities.trim() !== '' && { certificate_authorities: authorities }),
  };
}
