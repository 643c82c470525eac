import { wantedPlaces } from './body-value';
import type { Provider } from './provider';

/**
 * Registers the places that a provider of the catalogue reads, so that one pass over a large body finds them. Rules are
 * plain data and may be nested.
 */
export function wantPlacesOf({ spec, schemes }: Provider): void {
  for (const scheme of Object.values(schemes)) for (const place of scheme.bodyPlaces ?? []) wantedPlaces.add(place);
  collect([spec.eventType, spec.deliveryId, spec.handshakes]);
}

function collect(rule: unknown): void {
  if (typeof rule !== 'object' || rule === null) return;
  const { from, path, list, emptyList } = rule as Record<string, unknown>;
  if (from === 'body' && Array.isArray(path)) wantedPlaces.add({ path });
  if (from === 'body-key') wantedPlaces.names = true;
  // Only the length of these lists is needed.
  for (const one of [list, emptyList]) if (Array.isArray(one)) wantedPlaces.add({ path: one });
  for (const inner of Object.values(rule)) collect(inner);
}
