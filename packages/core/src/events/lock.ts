/**
 * Why stored credentials cannot be decrypted. `key_missing` means that this process lacks the master key that encrypted
 * them, and another process may have it. `damaged` means that they were changed, moved or left out, and no process can
 * decrypt them.
 */
export type Lock = 'key_missing' | 'damaged';
