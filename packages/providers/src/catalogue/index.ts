import { createProvider, type Provider, type ProviderSpec } from '../provider';
import { ai, infrastructure } from './ai';
import { commerce } from './commerce';
import { development } from './development';
import { messaging } from './messaging';
import { payments } from './payments';
import { productivity } from './productivity';
import { wantPlacesOf } from '../wanted-places';
import { standardWebhooks } from './standard-webhooks';

const specs: readonly ProviderSpec[] = [
  ...payments,
  ...commerce,
  ...development,
  ...messaging,
  ...productivity,
  ...ai,
  ...infrastructure,
  ...standardWebhooks,
];

/** Detection prefers a provider's own headers to those that several share. */
const shared: readonly string[] = ['gocardless', 'segment', 'standard-webhooks', 'meta'];

/** Every provider, in the order in which detection prefers them. */
export const catalogue: readonly Provider[] = [
  ...specs.filter(({ name }) => !shared.includes(name)),
  ...specs.filter(({ name }) => shared.includes(name)),
].map(createProvider);

for (const provider of catalogue) wantPlacesOf(provider);

const byName = new Map(catalogue.map((provider) => [provider.name, provider]));

export function findProvider(name: string): Provider | undefined {
  return byName.get(name);
}
