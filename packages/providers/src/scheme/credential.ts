import type { SchemeSpec } from './scheme-spec';

/** Where a request carries its credential. Exactly one of `header`, `query` and `body` is set. */
export interface CredentialPlace {
  /** False when the endpoint is configured with a public key, which anybody may know, instead of a shared secret. */
  shared: boolean;
  /** Lower-case name of a header. */
  header?: string;
  /** Name of a parameter of the URL. */
  query?: string;
  /** The credential is in the JSON body. */
  body?: true;
}

/**
 * Where requests of a scheme carry something that would authenticate any other request too: the shared secret itself, or
 * a JSON Web Token that says nothing about the body. Anyone who receives one such request can send others in the
 * provider's name.
 * @returns null for schemes that sign what they send
 */
export function credentialPlace(spec: SchemeSpec): CredentialPlace | null {
  if (spec.kind === 'jwt') {
    if (spec.header === undefined || spec.bodyHash) return null;
    return { shared: spec.algorithm.startsWith('HS'), header: spec.header.toLowerCase() };
  }
  if (spec.kind !== 'token') return null;
  if (spec.basic) return { shared: true, header: 'authorization' };
  if (spec.header !== undefined) return { shared: true, header: spec.header.toLowerCase() };
  return spec.query === undefined ? { shared: true, body: true } : { shared: true, query: spec.query };
}
