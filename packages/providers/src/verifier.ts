import { findProvider } from './catalogue';
import type { Acknowledgement, Provider } from './provider';
import { hmac, type HmacAlgorithm, type HmacOptions } from './scheme/hmac';
import type { Scheme } from './scheme/scheme';
import { token } from './scheme/token';
import type { SecretEncoding } from './secret-key';
import { refused, type Verification } from './verification';
import type { WebhookRequest } from './webhook-request';

export interface ActiveSecret {
  value: string;
  /** Unix milliseconds after which the secret no longer counts, or null. */
  expiresAt: number | null;
}

export interface VerificationConfig {
  /** A catalogue name, or `custom` with `settings`. */
  provider: string;
  /** One of the provider's schemes; null takes its default. */
  scheme: string | null;
  /** Newest first. */
  secrets: readonly ActiveSecret[];
  /** The URL as configured at the provider, for those that sign it. */
  publicUrl: string | null;
  settings: Readonly<Record<string, unknown>>;
}

/** A mistake in a configuration: the field it is in and a sentence for people. */
export interface ConfigProblem {
  field: string;
  message: string;
}

export interface Verifier {
  provider: Provider;
  verify(request: WebhookRequest): Verification;
  /** The answer to a provider's question, or undefined when the request is an ordinary delivery. */
  handshake(request: WebhookRequest, verification: Verification): Acknowledgement | undefined;
}

/** A verifier, or every mistake in the configuration. Without a usable secret there is no verifier: fail closed. */
export function createVerifier(config: VerificationConfig): Verifier | ConfigProblem[] {
  const provider = config.provider === 'custom' ? customProvider(config.settings) : findProvider(config.provider);
  if (Array.isArray(provider)) return provider;
  if (!provider) return [{ field: 'provider', message: `There is no provider "${config.provider}" in the catalogue.` }];

  const problems: ConfigProblem[] = [];
  const scheme = schemeOf(provider, config);
  if (!scheme) {
    const names = Object.keys(provider.schemes).join(', ');
    problems.push({ field: 'scheme', message: `${provider.title} has these schemes: ${names}.` });
  }
  if (config.secrets.length === 0) {
    problems.push({ field: 'secrets', message: `Verification of ${provider.title} needs a secret.` });
  }
  config.secrets.forEach((secret, index) => {
    const problem = scheme?.secretProblem(secret.value);
    if (problem) problems.push({ field: `secrets[${index}]`, message: problem });
  });
  if (provider.signsUrl && !config.publicUrl) {
    problems.push({ field: 'public_url', message: `${provider.title} signs the URL: give it as configured there.` });
  }
  if (problems.length > 0 || !scheme) return problems;

  const active = (now: number): string[] =>
    config.secrets
      .filter((secret) => secret.expiresAt === null || secret.expiresAt > now)
      .map((secret) => secret.value);
  return {
    provider,
    verify(request) {
      const secrets = active(request.receivedAt);
      if (secrets.length === 0) return refused('no_secret');
      return scheme.verify(request, { secrets, publicUrl: config.publicUrl });
    },
    handshake(request, verification) {
      const handshake = provider.handshake;
      if (!handshake || (handshake.signed && !verification.ok)) return undefined;
      return handshake.answer(request, { secrets: active(request.receivedAt), settings: config.settings });
    },
  };
}

function schemeOf(provider: Provider, config: VerificationConfig): Scheme | undefined {
  if (config.scheme !== null)
    return Object.hasOwn(provider.schemes, config.scheme) ? provider.schemes[config.scheme] : undefined;
  // The form of the configured key decides where a provider has a symmetric and an asymmetric scheme.
  const asymmetric = provider.schemes['v1a'];
  if (asymmetric && config.secrets.length > 0 && config.secrets.every((secret) => secret.value.startsWith('whpk_'))) {
    return asymmetric;
  }
  return provider.schemes[provider.defaultScheme];
}

/** The generic verifier: `{"kind": "hmac" | "token", ...}` as an endpoint's `verification.settings`. */
function customProvider(settings: Readonly<Record<string, unknown>>): Provider | ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const text = (name: string, allowed?: readonly string[]): string | undefined => {
    const value = settings[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string' || value === '' || value.length > 512 || (allowed && !allowed.includes(value))) {
      const expected = allowed ? `one of ${allowed.join(', ')}` : 'a non-empty text of at most 512 characters';
      problems.push({ field: `settings.${name}`, message: `${name} must be ${expected}.` });
      return undefined;
    }
    return value;
  };
  const known = [
    'kind',
    'algorithm',
    'header',
    'prefix',
    'encoding',
    'template',
    'secret_encoding',
    'timestamp_header',
    'tolerance_seconds',
    'id_header',
  ];
  for (const name of Object.keys(settings)) {
    if (!known.includes(name)) problems.push({ field: `settings.${name}`, message: `There is no setting "${name}".` });
  }

  const kind = text('kind', ['hmac', 'token']);
  const header = text('header');
  if (settings['kind'] === undefined) problems.push({ field: 'settings.kind', message: 'kind must be hmac or token.' });
  if (!header || !/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(header)) {
    problems.push({
      field: 'settings.header',
      message: 'header must be the name of the header that carries the signature or token.',
    });
  }
  const tolerance = settings['tolerance_seconds'] ?? undefined;
  if (
    tolerance !== undefined &&
    (typeof tolerance !== 'number' || !Number.isInteger(tolerance) || tolerance < 1 || tolerance > 86_400)
  ) {
    problems.push({
      field: 'settings.tolerance_seconds',
      message: 'tolerance_seconds must be a whole number from 1 to 86400.',
    });
  }
  const idHeader = text('id_header');
  const timestampHeader = text('timestamp_header');
  const template = text('template') ?? '{body}';
  if (kind === 'hmac' && !template.includes('{body}')) {
    problems.push({
      field: 'settings.template',
      message: 'template must contain {body}: a signature that leaves it out proves nothing about it.',
    });
  }
  if (template.includes('{timestamp}') && !timestampHeader) {
    problems.push({
      field: 'settings.timestamp_header',
      message: 'A template with {timestamp} needs timestamp_header.',
    });
  }
  if (template.includes('{id}') && !idHeader) {
    problems.push({ field: 'settings.id_header', message: 'A template with {id} needs id_header.' });
  }
  const options: HmacOptions = {
    header: header ?? '',
    algorithm: text('algorithm', ['sha1', 'sha256', 'sha512']) as HmacAlgorithm | undefined,
    encoding: text('encoding', ['hex', 'base64']) as 'hex' | 'base64' | undefined,
    secretEncoding: text('secret_encoding', ['utf8', 'hex', 'base64']) as SecretEncoding | undefined,
    value: { form: 'plain', prefix: text('prefix') },
    template,
    ...(timestampHeader
      ? { timestamp: { header: timestampHeader, toleranceSeconds: tolerance as number | undefined } }
      : {}),
    ...(idHeader && template.includes('{id}') ? { id: { header: idHeader } } : {}),
  };
  if (problems.length > 0 || !header) return problems;

  return {
    name: 'custom',
    title: 'a custom provider',
    confidence: 'A',
    detect: [],
    schemes: {
      custom:
        kind === 'token'
          ? token({ header, prefix: options.value?.form === 'plain' ? options.value.prefix : undefined })
          : hmac(options),
    },
    defaultScheme: 'custom',
    signsUrl: template.includes('{url}'),
    eventType: () => null,
    deliveryId: (request) => (idHeader ? (request.headers.get(idHeader.toLowerCase()) ?? null) : null),
  };
}
