import type { Provider } from './provider';

/**
 * Every header, in lower case, that a provider signs with, names its deliveries and event types by, or is recognised by.
 * A gateway that drops one of them breaks the provider's receivers.
 */
export function providerHeaders({ spec, schemes }: Provider): Set<string> {
  const names = new Set<string>();
  for (const { signingHeaders, credentialHeaders } of Object.values(schemes))
    for (const name of [...signingHeaders, ...credentialHeaders]) names.add(name);
  for (const { header, also = [] } of spec.detect)
    for (const name of [header, ...also]) if (!name.startsWith('!')) names.add(name);
  collect([spec.eventType, spec.deliveryId, spec.handshakes], names);
  return names;
}

/** Names of headers in rules for values, which are plain data and stand inside each other. */
function collect(value: unknown, names: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const { from, name } = value as { from?: unknown; name?: unknown };
  if (from === 'header' && typeof name === 'string') names.add(name.toLowerCase());
  for (const inner of Object.values(value)) collect(inner, names);
}
