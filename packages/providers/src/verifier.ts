import { catalogue, findProvider } from './catalogue';
import { didYouMean } from './closest';
import { customProvider, type ConfigProblem } from './custom';
import type { HandshakeAnswer } from './handshake';
import type { Provider } from './provider';
import { credentialPlace, type CredentialPlace } from './scheme/credential';
import type { KeyDirectory } from './scheme/key-directory';
import type { Scheme, SchemeContext } from './scheme/scheme';
import type { SchemeSpec } from './scheme/scheme-spec';
import { toleranceProblem, TOLERANCE_SETTING } from './timestamp';
import { refused, type Verification } from './verification';
import type { VerificationSettings } from './verification-settings';
import type { WebhookRequest } from './webhook-request';

export interface ActiveSecret {
  value: string;
  /** Unix milliseconds after which the secret no longer counts, or null. */
  expiresAt: number | null;
}

export interface VerificationConfig {
  /** A catalogue name, or `custom` with `settings`. */
  provider: string;
  /** One of the provider's schemes; `null` for its default. */
  scheme: string | null;
  /** Newest first. Empty only where the provider hands its secret over in a handshake. */
  secrets: readonly ActiveSecret[];
  /** The URL as configured at the provider, for those that sign it. */
  publicUrl: string | null;
  settings: VerificationSettings;
}

export interface Verifier {
  provider: Provider;
  /** The endpoint's scheme and its name. */
  scheme: Scheme;
  schemeName: string;
  config: VerificationConfig;
  /** Where requests carry something that would authenticate other requests too; `null` when they are signed. */
  credential: CredentialPlace | null;
  keys: KeyDirectory | null;
  /**
   * Waits only for a key that the provider publishes. It never throws or rejects because of what a request contains.
   */
  verify(request: WebhookRequest): Verification | Promise<Verification>;
  /** The answer to a provider's question, or undefined when the request is an ordinary delivery. */
  handshake(request: WebhookRequest, verification: Verification): HandshakeAnswer | undefined;
}

export interface VerifierOptions {
  /** The source of published keys. Without it, schemes that need one refuse with `key_unavailable`. */
  keys?: KeyDirectory | null;
  /**
   * Whether the configuration was accepted before. If so, secrets in a form that new configurations must not have still
   * work, so that an upgrade does not switch off an endpoint.
   * @default false
   */
  stored?: boolean;
}

/** A verifier, or every mistake in the configuration. Without a usable secret there is no verifier: fail closed. */
export function createVerifier(config: VerificationConfig, options: VerifierOptions = {}): Verifier | ConfigProblem[] {
  const provider =
    config.provider === 'custom' ? customProvider(config.settings, options.stored) : findProvider(config.provider);
  if (Array.isArray(provider)) return provider;
  if (!provider) {
    const meant = didYouMean(
      config.provider,
      catalogue.map(({ name }) => name),
    );
    return [{ field: 'provider', message: `There is no provider "${config.provider}" in the catalogue.${meant}` }];
  }

  const problems: ConfigProblem[] = [];
  const schemeName = schemeNameOf(provider, config);
  const scheme = schemeName === undefined ? undefined : provider.schemes[schemeName];
  if (!scheme || schemeName === undefined) {
    const names = Object.keys(provider.schemes).join(', ');
    problems.push({ field: 'scheme', message: `${provider.title} has these schemes: ${names}.` });
  }
  if (config.secrets.length === 0 && !provider.handsOverSecret) {
    problems.push({
      field: 'secrets',
      message: `Verification of ${provider.title} needs a secret: ${provider.spec.secret}.`,
    });
  }
  config.secrets.forEach((secret, index) => {
    const problem =
      scheme?.secretProblem(secret.value) ?? (options.stored ? null : scheme?.secretAdvice?.(secret.value));
    if (problem) problems.push({ field: `secrets[${index}]`, message: problem });
  });
  if (schemeName !== undefined && provider.signsUrl(schemeName) && !config.publicUrl) {
    problems.push({ field: 'public_url', message: `${provider.title} signs the URL: give it as configured there.` });
  }
  if (config.provider !== 'custom') {
    for (const [name, value] of Object.entries(config.settings)) {
      if (
        name === TOLERANCE_SETTING &&
        schemeName !== undefined &&
        provider.toleranceSeconds(schemeName) !== undefined
      ) {
        const problem = value === null ? null : toleranceProblem(value);
        if (problem) problems.push({ field: `settings.${name}`, message: problem });
        continue;
      }
      if (provider.spec.settings && Object.hasOwn(provider.spec.settings, name)) continue;
      problems.push({
        field: `settings.${name}`,
        message:
          name === TOLERANCE_SETTING
            ? `This scheme of ${provider.title} signs no timestamp, so there is no age to tolerate.`
            : `${provider.title} has no setting "${name}".`,
      });
    }
  }
  if (problems.length > 0 || !scheme || schemeName === undefined) return problems;

  const keys = options.keys ?? null;
  const secrets = new ActiveSecrets(config);
  const context = ({ receivedAt, sender }: WebhookRequest): SchemeContext => ({
    secrets: secrets.at(receivedAt),
    publicUrl: config.publicUrl,
    settings: config.settings,
    keys: (sender ? keys?.askedBy?.(sender) : undefined) ?? keys,
  });
  return {
    provider,
    scheme,
    schemeName,
    config,
    credential: credentialPlace(provider.spec.schemes[schemeName] as SchemeSpec),
    keys,
    verify(request) {
      const active = context(request);
      return active.secrets.length === 0 ? refused('no_secret') : scheme.verify(request, active);
    },
    handshake: (request, verification) =>
      provider.handshake(request, verification, {
        secrets: secrets.at(request.receivedAt),
        awaitsSecret: config.secrets.length === 0,
        settings: config.settings,
      }),
  };
}

/** Secrets that count at a moment, newest first. */
export function activeSecrets(config: VerificationConfig, now: number): string[] {
  return config.secrets
    .filter((secret) => secret.expiresAt === null || secret.expiresAt > now)
    .map((secret) => secret.value);
}

/** The active secrets of a configuration: the same list until one of them expires, so that schemes can keep its keys. */
class ActiveSecrets {
  private list: readonly string[] = [];
  private from = Number.POSITIVE_INFINITY;
  private until = Number.NEGATIVE_INFINITY;

  constructor(private readonly config: VerificationConfig) {}

  at(now: number): readonly string[] {
    if (now >= this.from && now < this.until) return this.list;
    this.list = activeSecrets(this.config, now);
    const expiries = this.config.secrets.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY);
    this.from = Math.max(Number.NEGATIVE_INFINITY, ...expiries.filter((expiry) => expiry <= now));
    this.until = Math.min(Number.POSITIVE_INFINITY, ...expiries.filter((expiry) => expiry > now));
    return this.list;
  }
}

function schemeNameOf(provider: Provider, config: VerificationConfig): string | undefined {
  if (config.scheme !== null) return Object.hasOwn(provider.schemes, config.scheme) ? config.scheme : undefined;
  // Where a provider has a symmetric and an asymmetric scheme, the form of the configured key decides.
  const asymmetric = provider.schemes['v1a'];
  if (asymmetric && config.secrets.length > 0 && config.secrets.every((secret) => secret.value.startsWith('whpk_'))) {
    return 'v1a';
  }
  return provider.defaultScheme;
}
