/**
 * The result of a look-up. `absent` means that the provider says there is no such key, `unavailable` that it could not
 * be asked or that its answer is not a key.
 */
export type KeyLookup = { text: string } | 'absent' | 'unavailable';

/**
 * The source of keys that providers publish. Implementations cache keys, limit look-ups and guard addresses. `isKey`
 * says whether an answer is a key; without it, every answer counts as one.
 */
export interface KeyDirectory {
  /** Gets the text at an https URL that the scheme has approved: a certificate. */
  fetch(url: string, isKey?: (text: string) => boolean): Promise<KeyLookup>;
  /** POSTs a JSON body and returns the text of the answer; for look-ups that need credentials. */
  post(url: string, body: Readonly<Record<string, unknown>>, isKey?: (text: string) => boolean): Promise<KeyLookup>;
  /** The same keys, with look-ups charged to the sender of a request, so that one sender cannot use up all of them. */
  askedBy?(sender: string): KeyDirectory;
}
