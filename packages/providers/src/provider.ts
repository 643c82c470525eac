import type { Scheme } from './scheme/scheme';
import type { WebhookRequest } from './webhook-request';

/**
 * How far a fact is confirmed: A the provider's own source or a published vector; B its documentation; C a secondary
 * source; D unconfirmed.
 */
export type Confidence = 'A' | 'B' | 'C' | 'D';

export interface Acknowledgement {
  status: number;
  contentType: string | null;
  body: string;
}

/** What an endpoint's settings give to a handshake. */
export interface HandshakeContext {
  secrets: readonly string[];
  settings: Readonly<Record<string, unknown>>;
}

export interface Handshake {
  /** True: only a request that passed verification is answered. */
  signed: boolean;
  /** The answer, or undefined when this request is no handshake. Must not depend on anything but request and context. */
  answer(request: WebhookRequest, context: HandshakeContext): Acknowledgement | undefined;
}

export interface DetectionRule {
  /** Lower-case header that marks the provider. */
  header: string;
  /** Further headers that must be there too, or must not (`!name`). */
  also?: readonly string[];
}

/** One sender of webhooks: an entry of the catalogue. */
export interface Provider {
  /** Catalogue name: lower case with hyphens. */
  name: string;
  title: string;
  confidence: Confidence;
  detect: readonly DetectionRule[];
  /** By name; `defaultScheme` is the strongest. The endpoint chooses, never the request. */
  schemes: Readonly<Record<string, Scheme>>;
  defaultScheme: string;
  /** True where the URL is part of what is signed. */
  signsUrl?: boolean;
  eventType(request: WebhookRequest): string | null;
  /** The provider's own id of this delivery, the same when it sends it again; null where it has none. */
  deliveryId(request: WebhookRequest): string | null;
  handshake?: Handshake;
  /** What the provider wants to read when the event was accepted; the host's default when left out. */
  acknowledgement?: Acknowledgement;
}

export function headerOf(name: string): (request: WebhookRequest) => string | null {
  return (request) => request.headers.get(name) || null;
}

export function plainText(body: string): Acknowledgement {
  return { status: 200, contentType: 'text/plain; charset=utf-8', body };
}

export function json(value: unknown): Acknowledgement {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(value) };
}
