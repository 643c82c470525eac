import { endpointSecretKey, HmacKey } from '@paggio/providers';

/** The keys of an endpoint's secrets, newest first, prepared for one delivery after the other. */
export interface SigningKeys {
  /** The key of each secret by Standard Webhooks. */
  readonly standard: readonly HmacKey[];
  /** The UTF-8 bytes of each whole secret. */
  readonly text: readonly HmacKey[];
}

/** They live as long as the configuration that has the secrets. */
const prepared = new WeakMap<readonly string[], SigningKeys>();

export function signingKeys(secrets: readonly string[]): SigningKeys {
  let keys = prepared.get(secrets);
  if (keys === undefined) {
    keys = {
      standard: secrets.map((secret) => new HmacKey('sha256', endpointSecretKey(secret))),
      text: secrets.map((secret) => new HmacKey('sha256', Buffer.from(secret, 'utf8'))),
    };
    prepared.set(secrets, keys);
  }
  return keys;
}
