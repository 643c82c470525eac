import { repeated } from '../header-list';
import { checkTimestamp, DEFAULT_TOLERANCE_SECONDS, formatTimestamp, type TimestampUnit } from '../timestamp';
import { refused, type Refused } from '../verification';
import { queryOf, type WebhookRequest } from '../webhook-request';
import type { SchemeContext, SigningInput } from './scheme';
import { parseSignatures, type SignatureHeader } from './signature-header';
import { Template, type TemplateValues } from './template';

/** The part that HMAC, Ed25519 and ECDSA schemes share: where the signature, timestamp and id stand and what is signed. */
export interface SignedHeaderOptions {
  /** Header of the signature. Several names are alternatives; the first one present counts. */
  header: string | readonly string[];
  value?: SignatureHeader;
  /** Signed string out of `{timestamp}`, `{id}`, `{url}`, `{method}`, `{body}`. Default `{body}`. */
  template?: string;
  timestamp?: { header?: string | readonly string[]; unit?: TimestampUnit; toleranceSeconds?: number };
  id?: { header: string | readonly string[] };
}

export interface SignedRequest {
  candidates: string[];
  values: TemplateValues;
}

export class SignedHeader {
  private readonly names: readonly string[];
  private readonly timestampNames: readonly string[];
  private readonly idNames: readonly string[];
  readonly template: Template;
  readonly value: SignatureHeader;
  private readonly unit: TimestampUnit;
  private readonly toleranceSeconds: number;

  constructor(options: SignedHeaderOptions) {
    this.names = list(options.header);
    this.value = options.value ?? { form: 'plain' };
    this.template = new Template(options.template ?? '{body}');
    this.timestampNames = list(options.timestamp?.header ?? []);
    this.unit = options.timestamp?.unit ?? 'seconds';
    this.toleranceSeconds = options.timestamp?.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS;
    this.idNames = list(options.id?.header ?? []);
  }

  get coversTimestamp(): boolean {
    return this.template.uses('timestamp');
  }

  /** Reads and checks everything but the signature itself. */
  read(request: WebhookRequest, context: SchemeContext): SignedRequest | Refused {
    const header = one(request, this.names);
    if (header === repeated) return refused('repeated_header');
    if (header === undefined || header === '') return refused('missing_signature');
    const parsed = parseSignatures(header, this.value);
    if (!parsed) return refused('malformed_signature');

    let timestamp = parsed.timestamp;
    if (this.timestampNames.length > 0) {
      const value = one(request, this.timestampNames);
      if (value === repeated) return refused('repeated_header');
      timestamp = value;
    }
    if (this.coversTimestamp) {
      if (timestamp === undefined) return refused('malformed_timestamp');
      const problem = checkTimestamp(timestamp, this.unit, this.toleranceSeconds, request.receivedAt);
      if (problem) return problem;
    }

    const id = this.idNames.length > 0 ? one(request, this.idNames) : '';
    if (id === repeated) return refused('repeated_header');
    if (id === undefined) return refused('malformed_signature');
    return {
      candidates: parsed.candidates,
      values: {
        timestamp: timestamp ?? '',
        id,
        url: signedUrl(request, context),
        method: request.method,
        body: request.body,
      },
    };
  }

  /** Values and headers of a request that is about to be signed. */
  prepare(input: SigningInput): { values: TemplateValues; timestamp: string; headers: [string, string][] } {
    const timestamp = formatTimestamp(input.timestamp, this.unit);
    const headers: [string, string][] = [];
    if (this.timestampNames[0]) headers.push([this.timestampNames[0], timestamp]);
    if (this.idNames[0]) headers.push([this.idNames[0], input.id]);
    return {
      values: { timestamp, id: input.id, url: input.publicUrl ?? '', method: input.method, body: input.body },
      timestamp,
      headers,
    };
  }

  get name(): string {
    return this.names[0] as string;
  }
}

function one(request: WebhookRequest, names: readonly string[]): string | undefined | typeof repeated {
  for (const name of names) {
    const value = request.headers.only(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The URL that was configured at the provider; without a query of its own, the request's raw query is appended. */
export function signedUrl(request: WebhookRequest, context: SchemeContext): string {
  const url = context.publicUrl ?? '';
  const query = queryOf(request.target);
  return url.includes('?') || query === '' ? url : `${url}?${query}`;
}

function list(value: string | readonly string[]): readonly string[] {
  return (typeof value === 'string' ? [value] : value).map((name) => name.toLowerCase());
}
