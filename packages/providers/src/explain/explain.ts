import { catalogue } from '../catalogue';
import { detect } from '../detect';
import { createScheme, type SchemeSpec } from '../scheme/scheme-spec';
import { TOLERANCE_SETTING } from '../timestamp';
import type { Verification } from '../verification';
import { activeSecrets, createVerifier, type VerificationConfig, type VerifierOptions } from '../verifier';
import type { WebhookRequest } from '../webhook-request';
import type { Cause } from './cause';
import { bareSecret, bodyVariants, secretVariants, standardBase64, specVariants, urlVariants } from './variants';

export interface Finding {
  cause: Cause;
  /** What would have matched, or what was seen. It never contains a secret or a correct signature. */
  message: string;
  /** What to change. */
  fix: string;
}

export interface Explanation {
  /** The result under the current configuration, at the time when the request arrived. */
  verification: Verification;
  /** Proven causes: with this change the signature is valid. The first is the most likely to be the only cause. */
  matches: Finding[];
  /** Things that were seen but prove nothing. */
  hints: Finding[];
}

/** A secret that is stored elsewhere, under a label that may be shown. */
export interface OtherSecret {
  value: string;
  label: string;
}

export interface ExplainOptions extends VerifierOptions {
  /** Secrets of other endpoints or modes, or from before a rotation. At most 50 are tried. */
  otherSecrets?: readonly OtherSecret[];
}

const OTHER_SECRETS = 50;
/**
 * Each variant costs a pass over the body for every secret, and the process does nothing else during it. A larger body
 * is tried with other clocks and secrets only.
 */
const FULL_SEARCH_BYTES = 128 * 1024;
/** The passes over one body for expired and other secrets read at most this many bytes together. */
const SEARCH_BYTES = 256 * 1024 * 1024;
/** How many of the endpoint's own secrets, newest first, are tried with each variant. */
const OWN_SECRETS = 5;
const TEN_YEARS_SECONDS = 10 * 366 * 86_400;

/**
 * Explains why a signature failed. It tries what usually goes wrong (another secret, a changed body, a clock, another
 * header or encoding) and says which change would have made the signature valid. It never accepts a request.
 * @returns null when the configuration itself is invalid
 */
export async function explain(
  config: VerificationConfig,
  request: WebhookRequest,
  options: ExplainOptions = {},
): Promise<Explanation | null> {
  const verifier = createVerifier(config, { ...options, stored: true });
  if (Array.isArray(verifier)) return null;
  const verification = await verifier.verify(request);
  if (verification.ok) {
    const message = 'With the current configuration the request is valid.';
    const fix = 'Ask the sender to send it again.';
    return { verification, matches: [{ cause: 'valid_now', message, fix }], hints: [] };
  }
  const spec = verifier.provider.spec.schemes[verifier.schemeName] as SchemeSpec;
  const search = new Search(config, request, spec, verifier.provider.title, options.otherSecrets ?? []);
  return {
    verification,
    matches: await search.run(verification.reason),
    hints: hintsOf(verification, config, request),
  };
}

class Search {
  private readonly found: Finding[] = [];
  private readonly own: string[];
  private readonly patient: SchemeSpec;

  constructor(
    private readonly config: VerificationConfig,
    private readonly request: WebhookRequest,
    private readonly spec: SchemeSpec,
    private readonly title: string,
    private readonly others: readonly OtherSecret[],
  ) {
    this.own = config.secrets.slice(0, OWN_SECRETS).map((secret) => secret.value);
    this.patient = withTolerance(spec, TEN_YEARS_SECONDS);
  }

  async run(reason: string): Promise<Finding[]> {
    await this.clockAndSecrets(reason);
    if (this.found.length > 0 || this.request.body.length > FULL_SEARCH_BYTES) return this.found;
    this.secretForms();
    if (this.config.publicUrl !== null) this.urls();
    this.otherSchemes();
    this.bodies();
    this.readings();
    return this.found;
  }

  /** Finds a signature that is right but too old, or made with a secret that does not count here. */
  private async clockAndSecrets(reason: string): Promise<void> {
    const active = activeSecrets(this.config, this.request.receivedAt);
    const inTime = !reason.startsWith('timestamp');
    if (!inTime && this.holds(this.patient, active)) {
      const seconds = this.secondsOff(active);
      const direction = reason === 'timestamp_too_old' ? 'old' : 'in the future';
      this.note('clock', `The signature is right, but its timestamp is ${seconds} s ${direction}.`, clockFix(reason));
    }
    const expired = this.config.secrets.filter(({ value }) => !active.includes(value));
    const others = this.others.filter(({ value }) => !this.own.includes(value)).slice(0, OTHER_SECRETS);
    const { length } = this.request.body;
    let passes = Math.floor(SEARCH_BYTES / Math.max(1, length));
    for (const { value, expiresAt } of expired) {
      if (!(await this.mayPass(passes--))) return;
      if (!this.holds(this.patient, [value])) continue;
      const at = expiresAt === null ? '' : ` on ${new Date(expiresAt).toISOString()}`;
      this.note(
        'expired_secret',
        `It matches a secret of this endpoint that expired${at}.`,
        'Give the provider the new secret, or extend expires_at of the old one.',
      );
    }
    for (const { value, label } of others) {
      if (!(await this.mayPass(passes--))) return;
      if (!this.holds(this.patient, [value])) continue;
      this.note(
        'other_secret',
        `It matches the secret of ${label}.`,
        `The provider uses the secret of ${label}. Set that secret here, or set the URL of that endpoint at the provider.`,
      );
    }
  }

  /** False when no pass is left. Before each pass over a large body, other work of the process gets its turn. */
  private async mayPass(left: number): Promise<boolean> {
    if (left > 0 && this.request.body.length > FULL_SEARCH_BYTES) await new Promise((done) => setImmediate(done));
    return left > 0;
  }

  private secretForms(): void {
    for (const secret of this.own)
      for (const { value, message, fix } of secretVariants(secret))
        if (this.holds(this.patient, [value])) this.note('secret_form', message, fix);
  }

  private urls(): void {
    for (const { value, message, fix } of urlVariants(this.config.publicUrl as string, this.request))
      if (this.holds(this.patient, this.own, { publicUrl: value })) this.note('public_url', message, fix);
  }

  private bodies(): void {
    for (const { value, message, fix } of bodyVariants(this.request)) {
      const request = { ...this.request, body: value };
      if (this.holds(this.patient, this.own, { request })) this.note('body_changed', message, fix);
    }
  }

  private readings(): void {
    const forms = new Set(
      this.own.flatMap((secret) => [secret, bareSecret(secret), standardBase64(bareSecret(secret))]),
    );
    for (const { cause, value, message, fix } of specVariants(this.patient, this.request))
      if (this.holds(value, [...forms])) this.note(cause, message, fix);
  }

  /** Tries the provider's other schemes and those of all other providers. */
  private otherSchemes(): void {
    for (const provider of catalogue) {
      const own = provider.name === this.config.provider;
      for (const [name, spec] of Object.entries(provider.spec.schemes)) {
        if (
          spec === this.spec ||
          spec.kind === 'token' ||
          !this.holds(withTolerance(spec, TEN_YEARS_SECONDS), this.own)
        )
          continue;
        if (own) {
          this.note(
            'other_scheme',
            `It matches with the scheme "${name}" of ${this.title}.`,
            `Set verification.scheme to "${name}".`,
          );
        } else if (this.found.every((one) => one.cause !== 'other_provider')) {
          this.note(
            'other_provider',
            `It matches as a request of ${provider.title}.`,
            `Set verification.provider to "${provider.name}".`,
          );
        }
      }
    }
  }

  /**
   * How far off the timestamp is, in seconds: the smallest tolerance that accepts it. The timestamp is checked before
   * the signature, so a large body is replaced by an empty one.
   */
  private secondsOff(secrets: readonly string[]): number {
    const large = this.request.body.length > FULL_SEARCH_BYTES;
    const request = large ? { ...this.request, body: Buffer.alloc(0) } : this.request;
    let low = 0;
    let high = TEN_YEARS_SECONDS;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const result = this.verify(withTolerance(this.spec, middle), secrets, { request });
      const fits = large ? result?.ok === false && !result.reason.startsWith('timestamp') : result?.ok === true;
      if (fits) high = middle;
      else low = middle;
    }
    return high;
  }

  private holds(
    spec: SchemeSpec,
    secrets: readonly string[],
    change: { request?: WebhookRequest; publicUrl?: string } = {},
  ): boolean {
    return this.verify(spec, secrets, change)?.ok === true;
  }

  /**
   * Undefined for schemes that wait for a published key, which are not searched, and for secrets that cannot be used.
   */
  private verify(
    spec: SchemeSpec,
    secrets: readonly string[],
    change: { request?: WebhookRequest; publicUrl?: string },
  ): Verification | undefined {
    const { config } = this;
    try {
      const result = createScheme(spec).verify(change.request ?? this.request, {
        secrets,
        publicUrl: change.publicUrl ?? config.publicUrl,
        settings: { ...config.settings, [TOLERANCE_SETTING]: undefined },
        keys: null,
      });
      if (!(result instanceof Promise)) return result;
      result.catch(() => undefined);
    } catch {
      // A secret that the scheme cannot use.
    }
    return undefined;
  }

  private note(cause: Cause, message: string, fix: string): void {
    if (!this.found.some((one) => one.message === message)) this.found.push({ cause, message, fix });
  }
}

function clockFix(reason: string): string {
  return reason === 'timestamp_too_old'
    ? 'The request was delayed or repeated on its way, or a clock is wrong. Compare the clocks of the sender and of this server (NTP), and look for a queue between them.'
    : "The sender's clock is ahead of this server's: compare both with NTP.";
}

function withTolerance(spec: SchemeSpec, toleranceSeconds: number): SchemeSpec {
  const { kind } = spec;
  if (kind === 'jwt' || kind === 'body-fields') return { ...spec, toleranceSeconds };
  const signed = kind === 'hmac' || kind === 'ed25519' || kind === 'ecdsa' || kind === 'rsa';
  return signed ? { ...spec, timestamp: { ...spec.timestamp, toleranceSeconds } } : spec;
}

function hintsOf(verification: Verification, config: VerificationConfig, request: WebhookRequest): Finding[] {
  if (verification.ok) return [];
  const hints: Finding[] = [];
  const other = detect(request.headers);
  if (other && config.provider !== 'custom' && other.name !== config.provider) {
    hints.push({
      cause: 'other_provider',
      message: `The headers are those of ${other.title}.`,
      fix: `If ${other.title} sends to this endpoint, set verification.provider to "${other.name}" with its secret.`,
    });
  }
  if (verification.reason === 'missing_signature') {
    const looks = [...new Set(request.headers.names())].filter((name) => /sign|hmac|token|auth/.test(name));
    hints.push({
      cause: 'missing_header',
      message:
        looks.length === 0
          ? 'The request has no header that looks like a signature.'
          : `The signature header is missing. Headers that look like one: ${looks.slice(0, 5).join(', ')}.`,
      fix: 'Set a secret at the provider, so that it signs its requests. If there is a proxy, let it pass the signature header on.',
    });
  }
  if (verification.reason === 'no_secret') {
    const fix =
      config.secrets.length === 0
        ? 'The provider sends the secret in a handshake: set up the webhook there.'
        : 'Every secret has expired: add the current one.';
    hints.push({ cause: 'no_secret', message: 'The endpoint has no secret that is valid at this time.', fix });
  }
  if (verification.reason === 'repeated_header') {
    const fix = 'A proxy adds its own copy of the header: configure it to pass on only the original.';
    hints.push({ cause: 'repeated_header', message: 'A signature header was sent more than once.', fix });
  }
  return hints;
}
