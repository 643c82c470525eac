import { catalogue, sampleEventTypes, type Category, type Confidence, type Provider } from '@paggio/providers';

/** A provider whose requests can be verified. */
export interface ProviderSummary {
  name: string;
  title: string;
  category: Category;
  schemes: string[];
  defaultScheme: string;
  /** Whether verification needs the URL as it is configured at the provider. */
  signsUrl: boolean;
  /** Whether the provider makes a handshake before it sends events. */
  handshake: boolean;
  /** Whether the provider hands over its secret in the handshake, so that `secrets` may be empty. */
  handsOverSecret: boolean;
  /** The provider's name for the secret, and where the provider shows it. */
  secret: string;
  setup: string;
  documentation: string;
  /** The event types that have a sample for test events, the most typical one first. */
  sampleEventTypes: string[];
  confidence: Confidence;
  /** The names in `verification.settings` and their meanings. */
  settings: Record<string, string>;
  /**
   * How old a signed timestamp may be, in seconds. `tolerance_seconds` overrides it. `null` means that no age is
   * checked.
   */
  toleranceSeconds: number | null;
  /** Whether retries carry the timestamp of the first attempt. */
  retryTimestamp: 'first' | 'new' | 'unknown' | null;
}

/** Returns the providers of the catalogue, ordered by name. */
export function providers(): ProviderSummary[] {
  return catalogue
    .map((provider) => ({
      name: provider.name,
      title: provider.title,
      category: provider.spec.category,
      schemes: Object.keys(provider.schemes),
      defaultScheme: provider.defaultScheme,
      signsUrl: provider.signsUrl(provider.defaultScheme),
      handshake: (provider.spec.handshakes ?? []).length > 0,
      handsOverSecret: provider.handsOverSecret,
      secret: provider.spec.secret,
      setup: provider.spec.setup,
      documentation: provider.spec.documentation,
      sampleEventTypes: sampleEventTypes(provider.name),
      confidence: provider.spec.confidence,
      ...agesOf(provider),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function agesOf(provider: Provider): Pick<ProviderSummary, 'settings' | 'toleranceSeconds' | 'retryTimestamp'> {
  const tolerances = Object.keys(provider.schemes).map((scheme) => provider.toleranceSeconds(scheme));
  const dated = tolerances.some((tolerance) => tolerance !== undefined);
  const tolerance = 'how old a signed timestamp may be, in seconds: 1 to 86400';
  return {
    settings: { ...provider.spec.settings, ...(dated ? { tolerance_seconds: tolerance } : {}) },
    toleranceSeconds: provider.toleranceSeconds(provider.defaultScheme) ?? null,
    retryTimestamp: dated ? (provider.spec.retries?.timestamp ?? 'unknown') : null,
  };
}
