/**
 * What a look-up gave. `absent`: the provider says there is no such key; `unavailable`: it could not be asked, or what it
 * answered is no key.
 */
export type KeyLookup = { text: string } | 'absent' | 'unavailable';

/**
 * Where keys that providers publish come from. Implementations cache, bound look-ups and guard addresses. `isKey` tells
 * whether an answer is a key; without it every answer counts as one.
 */
export interface KeyDirectory {
  /** The text at an https URL that the scheme has approved: a certificate. */
  fetch(url: string, isKey?: (text: string) => boolean): Promise<KeyLookup>;
  /** POSTs a JSON body and gives the answer's text; for look-ups that need credentials. */
  post(url: string, body: Readonly<Record<string, unknown>>, isKey?: (text: string) => boolean): Promise<KeyLookup>;
  /** The same keys, with look-ups charged to the sender of a request, so that one sender cannot use up all of them. */
  askedBy?(sender: string): KeyDirectory;
}
