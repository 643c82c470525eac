import {
  answerHandshake,
  type Acknowledgement,
  type HandshakeAnswer,
  type HandshakeContext,
  type HandshakeSpec,
} from './handshake';
import { readableRequest } from './inflated-body';
import type { Scheme } from './scheme/scheme';
import { createScheme, signsUrl, toleranceSeconds, type SchemeSpec } from './scheme/scheme-spec';
import { collectHeaders, readValue, type ValueRule } from './value-rule';
import type { Verification } from './verification';
import type { WebhookRequest } from './webhook-request';

/**
 * Where a fact comes from: A is the provider's own source or a published vector, B its documentation, C a secondary
 * source. D is unconfirmed.
 */
export type Confidence = 'A' | 'B' | 'C' | 'D';

export type Category =
  | 'payments'
  | 'commerce'
  | 'development'
  | 'messaging'
  | 'productivity'
  | 'customers'
  | 'identity'
  | 'ai'
  | 'infrastructure';

export interface DetectionRule {
  /** Lower-case header that marks the provider. */
  header: string;
  /** The header's value must begin with this text, given in lower case. The case of the value does not matter. */
  startsWith?: string;
  /** Further headers that must be there too, or must not (`!name`). */
  also?: readonly string[];
}

export interface Note {
  text: string;
  confidence: Confidence;
}

/** One sender of webhooks, as data: an entry of the catalogue. */
export interface ProviderSpec {
  /** Catalogue name: lower case with hyphens. */
  name: string;
  title: string;
  category: Category;
  /** How far the facts about its schemes are confirmed. */
  confidence: Confidence;
  /** Where the provider describes its webhooks. */
  documentation: string;
  /** Empty when its requests look like those of other providers. */
  detect: readonly DetectionRule[];
  /** Its schemes, by name. The endpoint chooses one, never the request. */
  schemes: Readonly<Record<string, SchemeSpec>>;
  /** Name of the strongest scheme. @default the first one */
  defaultScheme?: string;
  eventType?: ValueRule;
  /** The provider's own id of a delivery, which stays the same when it sends again. Left out when it has no such id. */
  deliveryId?: ValueRule;
  handshakes?: readonly HandshakeSpec[];
  /** The answer that the provider expects when an event was accepted. @default the answer of the host */
  acknowledgement?: Acknowledgement;
  /** The answer that it expects when the signature is wrong. @default the error of the host */
  refusal?: Acknowledgement;
  /** What the provider calls the secret, and where its pages show it. */
  secret: string;
  /** How to set up a webhook in the provider's pages or API. */
  setup: string;
  /** The names that `verification.settings` may have, each with its meaning. */
  settings?: Readonly<Record<string, string>>;
  /** Further headers, in lower case, that belong to a signature, such as that of an older scheme, or its version. */
  signatureHeaders?: readonly string[];
  /** Whether retries carry the timestamp of the first attempt. Left out when that is not confirmed. */
  retries?: Retries;
  notes?: readonly Note[];
}

/** What a provider does with its signed timestamp when it sends a request again. */
export interface Retries {
  /**
   * `first` repeats the timestamp of the first attempt, so the tolerance has to cover the whole schedule. `new` signs a
   * new one each time. `unknown` is not confirmed.
   */
  timestamp: 'first' | 'new' | 'unknown';
  /** When it sends again, for people. */
  schedule: string;
  /** Seconds from the first attempt to the last one, where they are known. */
  lastsSeconds?: number;
  /** The page that says so. */
  source: string;
  confidence: Confidence;
}

/** The places where requests of a provider carry a secret itself, not just proof that the sender knows it. */
export interface CredentialNames {
  /** Names of headers, in lower case. */
  headers: readonly string[];
  /** Names of query parameters, decoded. */
  parameters: readonly string[];
  /** Names of members of a JSON body, at any depth. */
  members: readonly string[];
}

/** A working provider, made from an entry of the catalogue. */
export interface Provider {
  readonly spec: ProviderSpec;
  readonly name: string;
  readonly title: string;
  readonly schemes: Readonly<Record<string, Scheme>>;
  readonly defaultScheme: string;
  readonly acknowledgement: Acknowledgement | null;
  readonly refusal: Acknowledgement | null;
  /** Whether the provider sends the secret later, in a handshake. */
  readonly handsOverSecret: boolean;
  /** HTTP methods of the provider's handshakes; empty when it has none. */
  readonly handshakeMethods: readonly string[];
  /** The credentials of all its schemes and handshakes, including those that an endpoint does not use. */
  readonly credentials: CredentialNames;
  /**
   * Lower-case names of the headers that carry a signature or belong to one, in any of its schemes. A request that is
   * re-signed loses their old values. Credentials and delivery ids are not among them.
   */
  readonly signatureHeaders: ReadonlySet<string>;
  /** Whether a scheme signs the URL as configured at the provider. */
  signsUrl(scheme: string): boolean;
  /**
   * How old the signed timestamp of a scheme may be, in seconds. `null` means that the age is not checked unless
   * `settings.tolerance_seconds` is given, `undefined` that the scheme signs no timestamp.
   */
  toleranceSeconds(scheme: string): number | null | undefined;
  eventType(request: WebhookRequest): string | null;
  deliveryId(request: WebhookRequest): string | null;
  handshake(
    request: WebhookRequest,
    verification: Verification,
    context: HandshakeContext,
  ): HandshakeAnswer | undefined;
}

export function createProvider(spec: ProviderSpec): Provider {
  const schemes = Object.fromEntries(
    Object.entries(spec.schemes).map(([name, scheme]) => [name, createScheme(scheme)]),
  );
  const handshakes = spec.handshakes ?? [];
  return {
    spec,
    name: spec.name,
    title: spec.title,
    schemes,
    defaultScheme: spec.defaultScheme ?? (Object.keys(schemes)[0] as string),
    acknowledgement: spec.acknowledgement ?? null,
    refusal: spec.refusal ?? null,
    handsOverSecret: handshakes.some(({ reply }) => reply.kind === 'secret'),
    // A handshake without a method in its condition comes by POST, as events do.
    handshakeMethods: [...new Set(handshakes.map(({ condition }) => condition.method ?? 'POST'))],
    signatureHeaders: signatureHeadersOf(spec, Object.values(schemes)),
    credentials: credentialsOf(Object.values(schemes), handshakes),
    signsUrl: (scheme) => spec.schemes[scheme] !== undefined && signsUrl(spec.schemes[scheme]),
    toleranceSeconds: (scheme) => {
      const found = spec.schemes[scheme];
      return found && toleranceSeconds(found);
    },
    eventType: (request) => readInflated(spec.eventType, request),
    deliveryId: (request) => readInflated(spec.deliveryId, request),
    handshake: (request, verification, context) => answerHandshake(handshakes, request, verification, context),
  };
}

function readInflated(rule: ValueRule | undefined, request: WebhookRequest): string | null {
  return rule ? readValue(rule, readableRequest(request)) : null;
}

function signatureHeadersOf(spec: ProviderSpec, schemes: readonly Scheme[]): ReadonlySet<string> {
  const ids = new Set<string>();
  collectHeaders(spec.deliveryId, ids);
  const made = schemes.flatMap(({ signingHeaders, credentialHeaders }) =>
    signingHeaders.filter((name) => !credentialHeaders.includes(name) && !ids.has(name)),
  );
  return new Set([...made, ...(spec.signatureHeaders ?? [])]);
}

function credentialsOf(schemes: readonly Scheme[], handshakes: readonly HandshakeSpec[]): CredentialNames {
  const handed = handshakes.flatMap(({ reply }) =>
    reply.kind === 'secret' ? reply.secret : reply.kind === 'verify-token' ? reply.token : [],
  );
  return {
    headers: [
      ...schemes.flatMap((scheme) => scheme.credentialHeaders),
      ...handed.flatMap((rule) => (rule.from === 'header' ? rule.name.toLowerCase() : [])),
    ],
    parameters: [
      ...schemes.flatMap((scheme) => scheme.credentialParameters ?? []),
      ...handed.flatMap((rule) => (rule.from === 'query' ? rule.name : [])),
    ],
    members: [
      ...schemes.flatMap((scheme) => scheme.credentialMembers ?? []),
      ...handed.flatMap((rule) => (rule.from === 'body' ? String(rule.path.at(-1)) : [])),
    ],
  };
}
