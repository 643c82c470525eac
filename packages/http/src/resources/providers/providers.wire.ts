import type { ProviderSummary } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

export function toProvider(provider: ProviderSummary): Wire.Provider {
  return {
    name: provider.name,
    title: provider.title,
    category: provider.category,
    schemes: provider.schemes,
    default_scheme: provider.defaultScheme,
    signs_url: provider.signsUrl,
    handshake: provider.handshake,
    hands_over_secret: provider.handsOverSecret,
    secret: provider.secret,
    setup: provider.setup,
    documentation_url: provider.documentation,
    sample_event_types: provider.sampleEventTypes,
    confidence: provider.confidence,
    settings: provider.settings,
    tolerance_seconds: provider.toleranceSeconds,
    retry_timestamp: provider.retryTimestamp,
  };
}
