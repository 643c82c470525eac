import type { Destination, Operations } from '@paggio/client';

export interface TlsForm {
  /** `keep`: nothing is sent, and the stored settings stay. `replace`: by the three texts. `remove`: there are none any more. */
  change: 'keep' | 'replace' | 'remove';
  /** PEM, as the two below. An empty text means none. */
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
