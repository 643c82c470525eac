import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * Encrypts secrets at rest with AES-256-GCM (NIST SP 800-38D): `v1:<key id>:<nonce>:<ciphertext>:<tag>`, all base64url.
 * The place a value belongs to is authenticated with it, so that two ciphertexts cannot be swapped between rows.
 */
export class SecretBox {
  private readonly keyId: string;

  constructor(private readonly key: Buffer) {
    this.keyId = createHash('sha256').update('paggio key id').update(key).digest('base64url').slice(0, 8);
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

  /** @throws Error when the value was changed, moved, or sealed under another key */
  open(sealed: string, place: string): string {
    const [version, , nonce, text, tag] = sealed.split(':');
    if (version !== 'v1' || nonce === undefined || text === undefined || tag === undefined)
      throw new Error('A stored secret is damaged.');
    const decipher = createDecipheriv('aes-256-gcm', this.key, Buffer.from(nonce, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(Buffer.from(tag, 'base64url'));
    return Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()]).toString('utf8');
  }
}
