import { isTooLargeToRead, jsonBody, textAt } from '../body-value';
import type { BodyPlace } from '../json-reader';
import { HeaderList, repeated } from '../header-list';
import { inflate, inflatedRequest, LARGEST_LIMIT } from '../inflated-body';
import {
  checkTimestamp,
  DEFAULT_TOLERANCE_SECONDS,
  formatTimestamp,
  toleranceOf,
  type TimestampUnit,
} from '../timestamp';
import { CANDIDATE_LIMIT } from '../signature-text';
import { refused, type Refused } from '../verification';
import type { Path } from '../json-path';
import { queryOf, type WebhookRequest } from '../webhook-request';
import type { SchemeContext, SigningInput } from './scheme';
import { formatSignature, parseSignatures, type SignatureHeader } from './signature-header';
import { Template, type TemplateValues } from './template';

/** The common part of header schemes: where the signature, timestamp and id are, and what is signed. */
export interface SignedHeaderSpec {
  /** Header of the signature. Several names are alternatives; the first one present counts. */
  header: string | readonly string[];
  /** Further headers that may carry a signature each, for providers that send one for every active key. */
  alternatives?: readonly string[];
  /** Whether the header may occur several times, as during a key rotation. Any of its values may match. */
  repeats?: boolean;
  /** A query parameter that carries the signature instead, for providers that append it to the URL. */
  queryParameter?: string;
  value?: SignatureHeader;
  /** The signed text, made of `{timestamp}`, `{id}`, `{url}`, `{method}` and `{body}`. @default '{body}' */
  template?: string;
  /** `inflated` when the sender signs the body before it compresses it. @default the body as it arrives */
  body?: 'inflated';
  timestamp?: {
    header?: string | readonly string[];
    /** Its place in the signed body, instead of a header. The age of a body without it is not checked. */
    path?: Path;
    unit?: TimestampUnit;
    /** @default 300 */
    toleranceSeconds?: number;
  };
  id?: { header: string | readonly string[] };
  /**
   * Headers with a fixed value that come with the signature, such as its version. `sign` writes them. A request may lack
   * them, but one with another value is refused.
   */
  constants?: Readonly<Record<string, string>>;
  /** `hubspot` decodes some percent-escapes of the URL before it is signed. A signature of the plain URL counts too. */
  urlForm?: 'hubspot';
}

export interface SignedRequest {
  candidates: string[];
  /** The values that may have been signed: one set, unless the URL has two forms. */
  readings: TemplateValues[];
}

export class SignedHeader {
  private readonly names: readonly string[];
  private readonly alternatives: readonly string[];
  private readonly timestampNames: readonly string[];
  private readonly idNames: readonly string[];
  private readonly constants: readonly (readonly [string, string])[];
  readonly template: Template;
  private readonly value: SignatureHeader;
  private readonly unit: TimestampUnit;
  private readonly toleranceSeconds: number;

  constructor(private readonly spec: SignedHeaderSpec) {
    this.names = list(spec.header);
    this.alternatives = list(spec.alternatives ?? []).slice(0, CANDIDATE_LIMIT - 1);
    this.value = spec.value ?? { form: 'plain' };
    this.template = new Template(spec.template ?? '{body}');
    this.timestampNames = list(spec.timestamp?.header ?? []);
    this.unit = spec.timestamp?.unit ?? 'seconds';
    this.toleranceSeconds = spec.timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
    this.idNames = list(spec.id?.header ?? []);
    this.constants = Object.entries(spec.constants ?? {});
  }

  get coversTimestamp(): boolean {
    return this.template.uses('timestamp') || this.spec.timestamp?.path !== undefined;
  }

  get bodyPlaces(): readonly BodyPlace[] {
    const { path } = this.spec.timestamp ?? {};
    return path === undefined ? [] : [{ path }];
  }

  /** All headers that `sign` may write or replace. */
  get headers(): readonly string[] {
    const constants = this.constants.map(([name]) => name);
    return [...this.names, ...this.alternatives, ...this.timestampNames, ...this.idNames, ...constants];
  }

  /** Reads everything and checks all but the signature itself. */
  read(request: WebhookRequest, context: SchemeContext): SignedRequest | Refused {
    for (const [name, constant] of this.constants) {
      const value = request.headers.only(name);
      if (value === repeated) return refused('repeated_header');
      if (value !== undefined && value !== constant) return refused('malformed_signature');
    }
    const carried = this.carried(request);
    if (carried === repeated) return refused('repeated_header');
    let parsed = carried ? parseSignatures(carried, this.value) : undefined;
    if (carried && !parsed) return refused('malformed_signature');
    for (const name of this.alternatives) {
      const value = request.headers.only(name);
      if (value === repeated) return refused('repeated_header');
      const more = value ? parseSignatures(value, this.value) : undefined;
      if (!more) continue;
      const candidates = [...(parsed?.candidates ?? []), ...more.candidates].slice(0, CANDIDATE_LIMIT);
      parsed = { timestamp: parsed?.timestamp, candidates };
    }
    if (!parsed) return refused('missing_signature');

    let timestamp = parsed.timestamp;
    if (this.timestampNames.length > 0) {
      const value = one(request, this.timestampNames);
      if (value === repeated) return refused('repeated_header');
      timestamp = value;
    }
    if (this.template.uses('timestamp') && timestamp === undefined) return refused('malformed_timestamp');
    const { path } = this.spec.timestamp ?? {};
    if (path) {
      // JSON with a wrong Content-Encoding is read as plain JSON.
      const plain = inflatedRequest(request) ?? (jsonBody(request) === undefined ? null : request);
      if (plain === null || isTooLargeToRead(plain)) return refused('body_too_large_to_read');
      timestamp = textAt(plain, ...path) ?? undefined;
    }
    if (this.coversTimestamp && timestamp !== undefined) {
      const problem = checkTimestamp(
        timestamp,
        this.unit,
        toleranceOf(context.settings, this.toleranceSeconds),
        request.receivedAt,
      );
      if (problem) return problem;
    }

    const id = this.idNames.length > 0 ? one(request, this.idNames) : '';
    if (id === repeated) return refused('repeated_header');
    if (id === undefined) return refused('malformed_signature');
    const url = signedUrl(request, context, this.spec.queryParameter);
    const body = this.spec.body === 'inflated' ? inflatedRequest(request)?.body : request.body;
    if (body === undefined) return refused('body_too_large_to_read');
    const values = { timestamp: timestamp ?? '', id, url, method: request.method, body };
    const decoded = this.urlText(url);
    return {
      candidates: parsed.candidates,
      readings: decoded === url ? [values] : [{ ...values, url: decoded }, values],
    };
  }

  /** The values to sign in a request, and a function that makes headers or a query of their signature. */
  prepare(input: SigningInput): {
    values: TemplateValues;
    carry: (signature: string) => { headers: [string, string][]; query?: string };
  } {
    const timestamp = formatTimestamp(input.timestamp, this.unit);
    const idNames = this.present(input, this.idNames);
    // A re-signed message keeps its id.
    const id = new HeaderList(input.rawHeaders).get(idNames[0] ?? '') ?? input.id;
    const headers: [string, string][] = [
      ...this.constants.map(([name, value]): [string, string] => [name, value]),
      ...this.present(input, this.timestampNames).map((name): [string, string] => [name, timestamp]),
      ...idNames.map((name): [string, string] => [name, id]),
    ];
    return {
      values: {
        timestamp,
        id,
        url: this.urlText(input.publicUrl ?? ''),
        method: input.method,
        body: this.bodyToSign(input),
      },
      carry: (signature) => {
        const text = formatSignature(signature, timestamp, this.value);
        const parameter = this.spec.queryParameter;
        if (parameter) return { headers, query: `${parameter}=${encodeURIComponent(text)}` };
        const signatures = this.present(input, this.names).map((name): [string, string] => [name, text]);
        return { headers: [...headers, ...signatures] };
      },
    };
  }

  /** @throws TypeError when the body does not have its Content-Encoding */
  private bodyToSign({ body, rawHeaders }: SigningInput): Buffer {
    if (this.spec.body !== 'inflated') return body;
    const plain = inflate(body, new HeaderList(rawHeaders).get('content-encoding') ?? '', LARGEST_LIMIT);
    if (!plain) throw new TypeError('The body cannot be inflated, so it cannot be signed.');
    return plain;
  }

  private carried(request: WebhookRequest): string | undefined | typeof repeated {
    const parameter = this.spec.queryParameter;
    if (!parameter && this.spec.repeats) {
      const separator = 'separator' in this.value ? this.value.separator : ',';
      return this.names.flatMap((name) => request.headers.all(name)).join(separator) || undefined;
    }
    if (!parameter) return one(request, this.names);
    const values = new URLSearchParams(queryOf(request.target)).getAll(parameter);
    return values.length > 1 ? repeated : values[0];
  }

  /** The names that the request already has, so that it looks the same when it is re-signed; else the first name. */
  private present(input: SigningInput, names: readonly string[]): readonly string[] {
    const headers = new HeaderList(input.rawHeaders);
    const found = names.filter((name) => headers.has(name));
    return found.length > 0 ? found : names.slice(0, 1);
  }

  private urlText(url: string): string {
    return this.spec.urlForm === 'hubspot' ? url.replace(HUBSPOT_ESCAPES, (text) => decodeURIComponent(text)) : url;
  }
}

// https://developers.hubspot.com/docs/api/webhooks/validating-requests lists the escapes that are decoded.
const HUBSPOT_ESCAPES = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

function one(request: WebhookRequest, names: readonly string[]): string | undefined | typeof repeated {
  for (const name of names) {
    const value = request.headers.only(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * The URL that the provider called: the configured URL with the raw query of the request. The configured query counts
 * only if the request has none, because a proxy may have cut it off. A fragment is never sent.
 * @param without a parameter that the provider appends after signing
 */
export function signedUrl(
  request: WebhookRequest,
  context: Pick<SchemeContext, 'publicUrl'>,
  without?: string,
): string {
  const url = (context.publicUrl ?? '').replace(/#.*$/s, '');
  let query = queryOf(request.target);
  if (without !== undefined) {
    query = query
      .split('&')
      .filter((pair) => pair.split('=')[0] !== without)
      .join('&');
  }
  return query === '' ? url : `${url.split('?', 1)[0] as string}?${query}`;
}

function list(value: string | readonly string[]): readonly string[] {
  return (typeof value === 'string' ? [value] : value).map((name) => name.toLowerCase());
}
