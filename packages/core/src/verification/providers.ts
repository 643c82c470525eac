import { catalogue, sampleEventTypes, type Category, type Confidence, type Provider } from '@paggio/providers';

/** A provider whose requests can be verified. */
export interface ProviderSummary {
  name: string;
  title: string;
  category: Category;
  schemes: string[];
  defaultScheme: string;
  /** The URL as configured at the provider is needed. */
  signsUrl: boolean;
  /** It asks a question before it sends. */
  handshake: boolean;
  /** It hands its secret over in the handshake: `secrets` may be left empty. */
  handsOverSecret: boolean;
  /** What the provider calls the secret, and where it shows it. */
  secret: string;
  setup: string;
  documentation: string;
  /** What test events there are samples of, the most typical one first. */
  sampleEventTypes: string[];
  confidence: Confidence;
  /** Names in `verification.settings` with what they mean. */
  settings: Record<string, string>;
  /** How old a signed timestamp may be, in seconds, unless `tolerance_seconds` says otherwise; null: not checked. */
  toleranceSeconds: number | null;
  /** Whether retries carry the timestamp of the first attempt. */
  retryTimestamp: 'first' | 'new' | 'unknown' | null;
}

/** The catalogue, by name. */
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
