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
 * How far a fact is confirmed: A the provider's own source or a published vector; B its documentation; C a secondary
 * source; D unconfirmed.
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
  /** The header's value begins so, whatever the case. */
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
  /** Of the scheme. */
  confidence: Confidence;
  /** Where the provider describes its webhooks. */
  documentation: string;
  /** None where its requests look like those of others. */
  detect: readonly DetectionRule[];
  /** By name. The endpoint chooses, never the request. */
  schemes: Readonly<Record<string, SchemeSpec>>;
  /** The strongest; the first one when left out. */
  defaultScheme?: string;
  eventType?: ValueRule;
  /** The provider's own id of this delivery, the same when it sends it again. Left out: it has none. */
  deliveryId?: ValueRule;
  handshakes?: readonly HandshakeSpec[];
  /** What the provider wants to read when the event was accepted; the host's default when left out. */
  acknowledgement?: Acknowledgement;
  /** What it wants to read when the signature is wrong; the host's error when left out. */
  refusal?: Acknowledgement;
  /** What the provider calls the secret, and where its pages show it. */
  secret: string;
  /** How to get there in the provider's pages. */
  setup: string;
  /** Names in `verification.settings`, with what they mean. */
  settings?: Readonly<Record<string, string>>;
  /** Further headers, in lower case, that belong to a signature, such as one of an older scheme or its version. */
  signatureHeaders?: readonly string[];
  /** Whether retries carry the timestamp of the first attempt. Left out: not confirmed. */
  retries?: Retries;
  notes?: readonly Note[];
}

/** What a provider does with its signed timestamp when it sends a request again. */
export interface Retries {
  /** `first`: it repeats the first one, so the tolerance has to cover the whole schedule. `unknown`: not confirmed. */
  timestamp: 'first' | 'new' | 'unknown';
  /** When it sends again, for people. */
  schedule: string;
  /** Seconds from the first attempt to the last one, where they are known. */
  lastsSeconds?: number;
  /** Where that is said. */
  source: string;
  confidence: Confidence;
}

/** Where requests of a provider carry a secret itself, and not a proof that the sender knows it. */
export interface CredentialNames {
  /** Of headers, in lower case. */
  headers: readonly string[];
  /** Of query parameters, decoded. */
  parameters: readonly string[];
  /** Of members of a JSON body, at any depth. */
  members: readonly string[];
}

/** An entry of the catalogue at work. */
export interface Provider {
  readonly spec: ProviderSpec;
  readonly name: string;
  readonly title: string;
  readonly schemes: Readonly<Record<string, Scheme>>;
  readonly defaultScheme: string;
  readonly acknowledgement: Acknowledgement | null;
  readonly refusal: Acknowledgement | null;
  /** The secret may come later, by a handshake. */
  readonly handsOverSecret: boolean;
  /** Methods that the provider asks its handshakes with; empty where it has none. */
  readonly handshakeMethods: readonly string[];
  /** Of all its schemes and handshakes, whichever of them an endpoint uses. */
  readonly credentials: CredentialNames;
  /**
   * Lower-case names of the headers that carry a signature or belong to one, in whichever of its schemes. A request that
   * is signed anew keeps no old value of them. Credentials and ids of deliveries are not among them.
   */
  readonly signatureHeaders: ReadonlySet<string>;
  /** Whether a scheme signs the URL as configured at the provider. */
  signsUrl(scheme: string): boolean;
  /**
   * How old the signed timestamp of a scheme may be, in seconds. Null: the age is not checked unless
   * `settings.tolerance_seconds` is given. Undefined: the scheme signs none.
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
    // A handshake whose method is left open is asked as events are sent.
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
