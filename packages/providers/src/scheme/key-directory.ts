/** What a look-up gave. `absent`: the provider says there is no such key; `unavailable`: it could not be asked. */
export type KeyLookup = { text: string } | 'absent' | 'unavailable';

/** Where keys that providers publish come from. Implementations cache, bound look-ups and guard addresses. */
export interface KeyDirectory {
  /** The text at an https URL whose host the scheme has approved: a certificate. */
  fetch(url: string): Promise<KeyLookup>;
  /** POSTs a JSON body and gives the answer's text; for look-ups that need credentials. */
  post(url: string, body: Readonly<Record<string, unknown>>): Promise<KeyLookup>;
}
