import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PaggioError } from '../errors';
import { masterKeyId } from './master-key';

/** A stored secret that this process cannot decrypt. The caller is not at fault, and is asked to try again. */
export class UnreadableSecret extends PaggioError {
  constructor(message: string, hint: string, cause?: unknown) {
    super('UNAVAILABLE', message, { hint, retryAfterSeconds: 30, cause });
  }
}

/**
 * The value may be intact, but this process lacks the master key that encrypted it. Another process may have that key.
 */
export class MissingMasterKey extends UnreadableSecret {}

/**
 * Encrypts secrets at rest with AES-256-GCM (NIST SP 800-38D): `v1:<key id>:<nonce>:<ciphertext>:<tag>`, all base64url.
 * The place that a value belongs to is authenticated with it, so that nobody can swap two ciphertexts between rows. It
 * encrypts with the current key only, and decrypts with the key whose id the value carries.
 */
export class SecretBox {
  /** Id of the current key. */
  readonly keyId: string;
  private readonly keys: ReadonlyMap<string, Buffer>;

  /**
   * @param previous keys that only decrypt
   * @param onUnreadable called for every value that could not be decrypted, before the error is thrown
   */
  constructor(
    private readonly key: Buffer,
    previous: readonly Buffer[] = [],
    private readonly onUnreadable: (error: UnreadableSecret) => void = () => undefined,
  ) {
    this.keyId = masterKeyId(key);
    this.keys = new Map([...previous, key].map((one) => [masterKeyId(one), one]));
  }

  /** Ids of all keys that it can decrypt with, the current one last. */
  get keyIds(): string[] {
    return [...this.keys.keys()];
  }

  /** The beginning of every value that the current key has encrypted. */
  get prefix(): string {
    return `v1:${this.keyId}:`;
  }

  /** @param place user, table, row and field, joined by `|` */
  seal(text: string, place: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    cipher.setAAD(Buffer.from(place, 'utf8'));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return [
      'v1',
      this.keyId,
      nonce.toString('base64url'),
      sealed.toString('base64url'),
      cipher.getAuthTag().toString('base64url'),
    ].join(':');
  }

  /** @throws UnreadableSecret when the value was changed or moved, MissingMasterKey when its key is missing */
  open(sealed: string, place: string): string {
    try {
      return this.decrypt(sealed, place);
    } catch (error) {
      const unreadable = error instanceof UnreadableSecret ? error : damaged(error);
      this.onUnreadable(unreadable);
      throw unreadable;
    }
  }

  private decrypt(sealed: string, place: string): string {
    const keyId = sealedUnder(sealed);
    const [, , nonce, text, tag] = sealed.split(':');
    if (keyId === null || nonce === undefined || text === undefined || tag === undefined) throw damaged();
    const key = this.keys.get(keyId);
    if (!key) {
      throw new MissingMasterKey(
        `A stored secret is encrypted under the master key ${keyId}, which this process does not have`,
        `Add that key to PAGGIO_MASTER_KEY_PREVIOUS (previousMasterKeys) until paggio rotate-master-key has finished. Key ids here: ${this.keyIds.join(', ')}.`,
      );
    }
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()]).toString('utf8');
  }
}

/** The id of the key that a value was encrypted under. Null when it is not an encrypted value. */
export function sealedUnder(sealed: string): string | null {
  return /^v1:([A-Za-z0-9_-]{8}):/.exec(sealed)?.[1] ?? null;
}

function damaged(cause?: unknown): UnreadableSecret {
  return new UnreadableSecret(
    'A stored secret is damaged, or was moved to another row',
    'Restore it from a backup, or set it again.',
    cause,
  );
}
