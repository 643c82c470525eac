import { credentialHeaders, credentialParameters, type Provider, type Verifier } from '@paggio/providers';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import { memberSpans, type Span } from './member-spans';

/** The parts of a request that can carry a credential. */
export interface CarryingRequest {
  /** Names and values in turn. */
  rawHeaders: readonly string[];
  /** The query without its question mark, undecoded. */
  query: string;
  body: Buffer;
}

/**
 * Where a request carries credentials. These are values that prove who the sender is, because only the sender knows
 * them. Anybody who reads one can send requests in the sender's name, so credentials are encrypted at rest and shown to
 * administrators only. Signatures are not credentials, because they prove nothing about another request.
 */
export interface Credentials {
  /** Positions of values in `rawHeaders`. */
  headers: readonly number[];
  /** Positions among the pairs of the query, counted from 0. */
  parameters: readonly number[];
  /** Ranges of bytes in the body. */
  spans: readonly Span[];
}

/** The names under which a value is a credential. */
interface Names {
  isHeader(name: string): boolean;
  /** @param name decoded */
  isParameter(name: string): boolean;
  members: readonly string[];
}

/**
 * A set of header names. It rules out most others by length and two letters, because capture asks about every header.
 */
class HeaderNames {
  private readonly names: ReadonlySet<string>;
  private readonly outlines: ReadonlySet<number>;

  constructor(names: Iterable<string>) {
    this.names = new Set(names);
    this.outlines = new Set([...this.names].map(outlineOf));
  }

  has(name: string): boolean {
    return this.outlines.has(outlineOf(name)) && this.names.has(name.toLowerCase());
  }
}

/** A number that is the same for names that differ only in case. */
function outlineOf(name: string): number {
  const { length } = name;
  return length === 0 ? 0 : (length << 16) | ((name.charCodeAt(0) | 0x20) << 8) | name.charCodeAt(length - 1) | 0x20;
}

const everywhere = ['authorization', 'cookie', 'proxy-authorization', ...credentialHeaders];
/** The names for endpoints without verification, and for providers whose credentials are all among these. */
const common = namesOf([], [], []);

function namesOf(headers: readonly string[], parameters: readonly string[], members: readonly string[]): Names {
  const known = new HeaderNames([...everywhere, ...headers]);
  const queried = new Set([...credentialParameters, ...parameters]);
  return { isHeader: (name) => known.has(name), isParameter: (name) => queried.has(name), members };
}

/** Common headers of HTTP clients and proxies, whose values are not secret. */
const plain = new HeaderNames([
  'accept',
  'accept-encoding',
  'accept-language',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'forwarded',
  'host',
  'user-agent',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);
/**
 * The names for a verification that cannot be read. Any value may be the token, because it is unknown where the
 * provider puts it.
 */
const unknown: Names = { isHeader: (name) => !plain.has(name), isParameter: () => true, members: [] };

const byProvider = new WeakMap<Provider, Names>();

function namesFor(verifier: Verifier | null | 'broken'): Names {
  if (verifier === null) return common;
  if (verifier === 'broken') return unknown;
  const { provider } = verifier;
  let names = byProvider.get(provider);
  if (!names) {
    const { headers, parameters, members } = provider.credentials;
    const more = headers.filter((name) => !common.isHeader(name));
    const others = parameters.filter((name) => !common.isParameter(name));
    names = more.length + others.length + members.length === 0 ? common : namesOf(more, others, members);
    byProvider.set(provider, names);
  }
  return names;
}

/**
 * Finds the credentials of a request. Returns null when it carries none. Credentials are `Authorization`, `Cookie`,
 * `Proxy-Authorization`, the tokens of all providers in the catalogue, and the tokens that the endpoint's own
 * verification reads. A request without credentials costs almost nothing, because capture searches every request.
 * @param verifier the endpoint's verifier. `null` means that it has none, `broken` that its settings cannot be read
 */
export function findCredentials(request: CarryingRequest, verifier: Verifier | null | 'broken'): Credentials | null {
  const names = namesFor(verifier);
  const { rawHeaders, query, body } = request;
  let headers: number[] | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (names.isHeader(rawHeaders[i] as string) && rawHeaders[i + 1] !== '') (headers ??= []).push(i + 1);
  const parameters = query === '' ? [] : parametersOf(query, names);
  const spans = names.members.length === 0 ? [] : memberSpans(body, names.members);
  if (!headers && parameters.length === 0 && spans.length === 0) return null;
  return { headers: headers ?? [], parameters, spans };
}

function parametersOf(query: string, names: Names): number[] {
  const found: number[] = [];
  query.split('&').forEach((pair, position) => {
    const mark = pair.indexOf('=');
    if (mark < 0 || mark === pair.length - 1) return;
    // A reader of the whole query does not take a leading question mark as part of the name.
    const start = position === 0 && pair.startsWith('?') ? 1 : 0;
    if (names.isParameter(decoded(pair.slice(start, mark)))) found.push(position);
  });
  return found;
}

function decoded(name: string): string {
  return /[%+]/.test(name) ? ([...new URLSearchParams(`=&${name}`).keys()][1] ?? name) : name;
}

/**
 * Completes the credentials of a stored request. An older version, or a time before the endpoint had its verification,
 * may have left credentials unencrypted. The endpoint's current verification finds them.
 */
export function withKnownCredentials<Request extends CarryingRequest & { credentials: Credentials | null }>(
  request: Request,
  endpoint: Pick<EndpointConfig, 'verifier'> | null,
): Request {
  const verifier = endpoint === null || endpoint.verifier === 'broken' ? null : endpoint.verifier;
  const found = findCredentials(request, verifier);
  const { credentials: sealed } = request;
  if (found === null || sealed === null) return { ...request, credentials: found ?? sealed };
  const starts = new Set(sealed.spans.map(({ start }) => start));
  const credentials = {
    headers: [...new Set([...sealed.headers, ...found.headers])],
    parameters: [...new Set([...sealed.parameters, ...found.parameters])],
    spans: [...sealed.spans, ...found.spans.filter(({ start }) => !starts.has(start))],
  };
  return { ...request, credentials };
}

/** Leaves out the headers and query parameters that are credentials. The body stays as it is. */
export function withoutCredentials<Request extends CarryingRequest & { credentials: Credentials | null }>(
  request: Request,
): Request {
  const { rawHeaders, query, credentials } = request;
  if (credentials === null) return request;
  const { headers, parameters } = credentials;
  return {
    ...request,
    rawHeaders: rawHeaders.filter((_, i) => !headers.includes(i % 2 === 0 ? i + 1 : i)),
    query: query
      .split('&')
      .filter((_, position) => !parameters.includes(position))
      .join('&'),
  };
}
