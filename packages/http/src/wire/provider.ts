import type { ProviderSummary } from '@paggio/core';

export function toProvider(provider: ProviderSummary): object {
  return {
    name: provider.name,
    title: provider.title,
    schemes: provider.schemes,
    default_scheme: provider.defaultScheme,
    signs_url: provider.signsUrl,
    handshake: provider.handshake,
    confidence: provider.confidence,
  };
}
