import { catalogue, type Confidence } from '@paggio/providers';

/** A provider whose requests can be verified. */
export interface ProviderSummary {
  name: string;
  title: string;
  schemes: string[];
  defaultScheme: string;
  /** The URL as configured at the provider is needed. */
  signsUrl: boolean;
  /** It asks a question before it sends. */
  handshake: boolean;
  confidence: Confidence;
}

/** The catalogue, by name. */
export function providers(): ProviderSummary[] {
  return catalogue
    .map((provider) => ({
      name: provider.name,
      title: provider.title,
      schemes: Object.keys(provider.schemes),
      defaultScheme: provider.defaultScheme,
      signsUrl: provider.signsUrl ?? false,
      handshake: provider.handshake !== undefined,
      confidence: provider.confidence,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
