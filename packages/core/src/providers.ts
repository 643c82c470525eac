import { catalogue, sampleEventTypes, type Category, type Confidence } from '@paggio/providers';

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
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
