import type { Provider } from './provider';
import { collectHeaders } from './value-rule';

/**
 * Every header, in lower case, that carries a provider's signature, delivery id or event type, or marks its requests.
 * If a gateway drops one of them, the provider's receivers fail.
 */
export function providerHeaders({ spec, schemes }: Provider): Set<string> {
  const names = new Set<string>();
  for (const { signingHeaders, credentialHeaders } of Object.values(schemes))
    for (const name of [...signingHeaders, ...credentialHeaders]) names.add(name);
  for (const { header, also = [] } of spec.detect)
    for (const name of [header, ...also]) if (!name.startsWith('!')) names.add(name);
  for (const name of spec.signatureHeaders ?? []) names.add(name);
  collectHeaders([spec.eventType, spec.deliveryId, spec.handshakes], names);
  return names;
}
