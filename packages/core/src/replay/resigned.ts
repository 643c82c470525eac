import { activeSecrets, SigningProblem, type Verifier } from '@paggio/providers';
import { withQuery } from '../delivery/attempt';
import { foldedName } from '../transport/header-name';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import { invalid } from '../errors';
import type { Environment } from '../endpoints/environment';

export interface Replayed {
  method: string;
  query: string;
  /** Names and values in turn. */
  headers: readonly string[];
  body: Buffer;
}

export interface Resigned {
  query: string;
  headers: string[];
  body: Buffer;
  /** Tokens of the new signature. They go to the chosen environment, although credentials of senders do not. */
  credentials: [string, string][];
  /** Folded names of all headers that were made. Later steps must not remove or replace them. */
  made: ReadonlySet<string>;
}

export interface ResignInput {
  endpoint: EndpointConfig;
  environment: Environment;
  /** Whether the URL has the origin of the destination itself. */
  home: boolean;
  /** The URL of the receiver, without the request's own query. */
  url: string;
  nowMs: number;
  /** The provider that the event was verified to come from, or null. */
  verifiedBy: string | null;
}

/**
 * Signs a request again in the provider's own scheme, with a fresh timestamp, so that it passes the receiver's real
 * verification. Everything that does not belong to the signature stays byte for byte. Older signatures of the provider
 * that are not replaced are left out, because they would contradict the new one.
 * @throws PaggioError `VALIDATION_FAILED` when there is no scheme or no secret to sign with
 */
export function resigned(request: Replayed, input: ResignInput): Resigned {
  const { verifier } = input.endpoint;
  if (verifier === null || verifier === 'broken') {
    throw problem('resign', 'The endpoint has no verification, so there is no scheme to sign with.');
  }
  const { scheme, config, provider } = verifier;
  const secret = secretFor(input, verifier);
  const unfit = scheme.signingKeyProblem(secret);
  if (unfit !== null) throw problem(`verification.replaySecrets.${input.environment}`, unfit);
  const url = new URL(input.url);
  let parts;
  try {
    parts = scheme.sign({
      method: request.method,
      body: request.body,
      rawHeaders: request.headers,
      secret,
      publicUrl: url.origin + withQuery(url, request.query),
      timestamp: input.nowMs,
      id: `msg_${input.nowMs}`,
      settings: config.settings,
    });
  } catch (error) {
    if (error instanceof SigningProblem) throw problem(`verification.${error.field}`, error.message);
    throw problem('resign', `The event cannot be signed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const isCredential = ([name]: [string, string]): boolean => scheme.credentialHeaders.includes(name.toLowerCase());
  const credentials = parts.headers.filter(isCredential);
  const others = parts.headers.filter((header) => !isCredential(header));
  return {
    headers: replaced(request.headers, others, new Set([...scheme.signingHeaders, ...provider.signatureHeaders])),
    body: parts.body ?? request.body,
    query: joined(request.query, parts.query),
    credentials,
    made: new Set(parts.headers.map(([name]) => foldedName(name.toLowerCase()))),
  };
}

/**
 * The environment's own secret, or else the endpoint's. The endpoint's secret is used only for hosts that the operator
 * or the endpoint names, and only for events that the provider was verified to have sent. So the holder of a key with
 * `write` gets no signature in the provider's name for a body or a URL of their own.
 */
function secretFor(
  { endpoint, environment, home, nowMs, verifiedBy }: ResignInput,
  { config, provider }: Verifier,
): string {
  const own = endpoint.replaySecrets[environment];
  if (own !== undefined) return own;
  const field = `verification.replaySecrets.${environment}`;
  if (environment === 'custom' && !home) {
    throw problem(
      field,
      `A replay to your own URL is not signed with the secret of the endpoint. To sign it for ${provider.title}, set ${field}.`,
    );
  }
  if (verifiedBy !== provider.name) {
    const message = `The secret of the endpoint signs only events that were verified to come from ${provider.title}. To sign this event, set ${field}.`;
    throw problem(field, message);
  }
  const [newest] = activeSecrets(config, nowMs);
  if (newest !== undefined) return newest;
  throw problem('verification.secrets', 'The endpoint has no active secret.');
}

/** Puts the new values in the places of the old ones, under the names that the request had. */
function replaced(
  headers: readonly string[],
  made: readonly (readonly [string, string])[],
  owned: ReadonlySet<string>,
): string[] {
  const left = new Map(made.map(([name, value]) => [name.toLowerCase(), value]));
  const out: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const lower = name.toLowerCase();
    const value = left.get(lower);
    if (value !== undefined) {
      out.push(name, value);
      left.delete(lower);
    } else if (lower === 'connection') {
      // Headers that `Connection` names are not forwarded.
      const named = (headers[i + 1] as string).split(',').filter((one) => !owned.has(one.trim().toLowerCase()));
      out.push(name, named.join(','));
    } else if (!owned.has(lower)) out.push(name, headers[i + 1] as string);
  }
  for (const [name, value] of made) if (left.has(name.toLowerCase())) out.push(name, value);
  return out;
}

/** Replaces the query parameter of the old signature by the new one. */
function joined(query: string, signed: string | undefined): string {
  if (signed === undefined) return query;
  const name = signed.split('=')[0];
  const rest = query.split('&').filter((pair) => pair !== '' && pair.split('=')[0] !== name);
  return [...rest, signed].join('&');
}

function problem(field: string, message: string): Error {
  return invalid([{ field, message }]);
}
