import type { HandshakeSpec } from './handshake';
import { parsePointer } from './json-pointer';
import { createProvider, type Provider } from './provider';
import { hmac, token, type SchemeSpec } from './scheme/scheme-spec';
import type { SignedHeaderSpec } from './scheme/signed-header';
import type { SignatureHeader } from './scheme/signature-header';
import { toleranceProblem, TOLERANCE_SETTING, type TimestampUnit } from './timestamp';
import { Template } from './scheme/template';
import {
  body as fromBody,
  header as fromHeader,
  query as fromQuery,
  type Condition,
  type ValueRule,
} from './value-rule';
import type { VerificationSettings } from './verification-settings';

/** A mistake in a configuration: its field, and a sentence for people. */
export interface ConfigProblem {
  field: string;
  message: string;
}

const TEXT = 'text/plain; charset=utf-8';
/** The most steps in a path of the body. */
const MAX_STEPS = 16;
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;

/** The settings that each kind of scheme takes besides `kind`. */
const signed = [
  'signature_query',
  'body',
  'header',
  'prefix',
  'separator',
  'encoding',
  'template',
  'timestamp_header',
  'timestamp_unit',
] as const;
const common = ['tolerance_seconds', 'id_header', 'event_type_header'] as const;
const fields = ['signature_field', 'timestamp_field'] as const;
const handshake = [
  'handshake_method',
  'handshake_if',
  'handshake_query',
  'handshake_header',
  'handshake_body',
  'handshake_member',
  'handshake_answer',
  'handshake_signed',
] as const;
const known: Readonly<Record<string, readonly string[]>> = {
  hmac: [...signed, ...fields, ...common, 'algorithm', 'secret_encoding'],
  hash: [...signed, ...fields, ...common, 'algorithm', 'secret_encoding'],
  ed25519: [...signed, ...fields, ...common],
  ecdsa: [...signed, ...fields, ...common, 'algorithm'],
  rsa: [...signed, ...fields, ...common, 'algorithm'],
  token: ['header', 'prefix', 'query', 'basic', 'body_path', 'id_header', 'event_type_header'],
  jwt: [
    'header',
    'prefix',
    'algorithm',
    'secret_encoding',
    'body_hash_claim',
    'body_hash_encoding',
    'issuer',
    ...common,
  ],
};

/**
 * Makes the generic verifier from an endpoint's `verification.settings`:
 *
 * - `kind` `hmac`, `ed25519`, `ecdsa` or `rsa`: `header`; `template` made of `{timestamp}`, `{id}`, `{method}`, `{url}`
 *   and `{body}` (default `{body}`), or of the SHA-256 of the body as `{body_sha256}` (32 bytes), `{body_sha256_hex}`
 *   or `{body_sha256_base64}`; `encoding` `hex`, `base64` or `base64url`; `prefix` before the signature, and with
 *   `separator` a list of such items; or, for a header of fields such as `t=1,v1=sig`, `separator`, `signature_field`
 *   and `timestamp_field`; `timestamp_header`, `timestamp_unit` (`seconds`, `milliseconds`, `iso8601`),
 *   `tolerance_seconds` (1 to 86400, default 300), `id_header`; `algorithm` `sha1`, `sha256`, `sha384`, `sha512`, for
 *   hmac also `md5`; `signature_query` for a parameter of the URL instead of `header`; for hmac `secret_encoding`
 *   `utf8`, `hex`, `base64`. With `body` `inflated`, the body counts as decompressed by its Content-Encoding (gzip,
 *   deflate, br), for senders that sign before they compress.
 * - `kind` `hash`: the same as hmac, for senders whose signature is a plain digest of a text that contains the secret.
 *   `template` must be given and contain `{secret}`, such as `{secret}{body}`. It is weaker than an HMAC. If `{body}`
 *   comes after `{secret}`, the body must be UTF-8.
 * - `kind` `token`: `header` with `prefix`, or `query`, or `basic: true`, or `body_path`, the place of the secret in
 *   the JSON body: names with dots between them, or a JSON pointer. The last step must be a name.
 * - `kind` `jwt`: `header` with `prefix`, `algorithm` `HS256`, `HS384`, `HS512`, `RS256` or `ES256`, `body_hash_claim`,
 *   `body_hash_encoding`, `issuer`.
 *
 * Every kind can have a handshake: a question that the sender asks before it sends events. It is answered 200 and is
 * not an event. `handshake_method` is `GET`, `HEAD`, `OPTIONS` or `POST` (default `POST` with `handshake_body`, else
 * `GET`). The answer is the value at `handshake_query`, `handshake_header` or `handshake_body` (a path such as
 * `data.code`), at most 4,096 characters, as plain text or as the member `handshake_member` of a JSON object; or the
 * fixed text `handshake_answer`, which may be empty. `handshake_if` (`<path of the body>=<text>`) limits the handshake
 * to such bodies, and a fixed answer to POST needs it. With `handshake_signed`, the question must pass verification.
 *
 * In every kind, `id_header` names the delivery and `event_type_header` the event type. Returns every mistake at once.
 * @param stored the settings were accepted before, so they still work where new ones like them are refused
 */
export function customProvider(settings: VerificationSettings, stored = false): Provider | ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const read = new SettingReader(settings, problems);
  const kind = read.choice('kind', Object.keys(known));
  if (kind === undefined) {
    if (settings['kind'] === undefined) read.problem('kind', `kind must be one of ${Object.keys(known).join(', ')}.`);
    return problems;
  }
  for (const name of Object.keys(settings)) {
    if (name !== 'kind' && !known[kind]?.includes(name) && !(handshake as readonly string[]).includes(name))
      read.problem(name, `There is no setting "${name}" for kind ${kind}.`);
  }
  const idHeader = read.headerName('id_header');
  const typeHeader = read.headerName('event_type_header');
  const scheme =
    kind === 'token'
      ? tokenSpec(read)
      : kind === 'jwt'
        ? jwtSpec(read)
        : signedSpec(read, kind as SignedKind, idHeader, stored);
  const question = handshakeSpec(read);
  if (problems.length > 0) return problems;
  return createProvider({
    name: 'custom',
    title: 'a custom provider',
    category: 'infrastructure',
    confidence: 'A',
    documentation: '',
    detect: [],
    schemes: { custom: scheme },
    eventType: valueIn(typeHeader),
    deliveryId: valueIn(idHeader),
    handshakes: question ? [question] : [],
    secret: 'secret',
    setup: '',
    notes: weaknesses(kind, settings).map((text) => ({ text, confidence: 'A' })),
  });
}

/** The weaknesses of a scheme, for the owner of the endpoint. Senders use such schemes although better ones exist. */
function weaknesses(kind: string, settings: VerificationSettings): string[] {
  if (kind === 'hash')
    return [
      'A digest of secret and body is weaker than an HMAC. With the secret first, anybody who sees one signed request can ' +
        'compute the signature of the same body with padding and more bytes after it; such a body is not UTF-8, so it is ' +
        'refused. With the secret last, two bodies with the same MD5 or SHA-1 digest have the same signature. Use hmac if ' +
        'the sender can.',
    ];
  if (kind === 'token' && settings['body_path'] !== undefined)
    return [
      'Every event carries the secret in its body, and nothing is signed. Anyone who receives or reads the body can send ' +
        "requests in the sender's name. Use a signature if the sender can.",
    ];
  return [];
}

type SignedKind = 'hmac' | 'hash' | 'ed25519' | 'ecdsa' | 'rsa';

function signedSpec(read: SettingReader, kind: SignedKind, idHeader: string | undefined, stored: boolean): SchemeSpec {
  const parameter = read.text('signature_query');
  if (parameter !== undefined && !/^[A-Za-z0-9_.~-]+$/.test(parameter))
    read.problem(
      'signature_query',
      'signature_query must be the name of a parameter, out of letters, digits and _ . ~ -',
    );
  if (parameter !== undefined && read.has('header'))
    read.problem('header', 'A signature has one place: header or signature_query.');
  const header = parameter === undefined ? read.neededHeader() : [];
  const template = read.text('template') ?? '{body}';
  const timestampHeader = read.headerName('timestamp_header');
  const timestampField = read.text('timestamp_field');
  if (!new Template(template).uses('body')) {
    read.problem(
      'template',
      'template must contain {body} or its hash {body_sha256}: a signature that leaves it out proves nothing about it.',
    );
  }
  const usesSecret = new Template(template).uses('secret');
  if (kind === 'hash' && !usesSecret)
    read.problem(
      'template',
      'template must contain {secret}, such as {secret}{body}: a digest without it proves nothing.',
    );
  if (kind !== 'hash' && usesSecret && !stored)
    read.problem('template', 'Only a template of kind hash contains {secret}. Here the secret is the key.');
  if (template.includes('{timestamp}') && !timestampHeader && !timestampField) {
    read.problem('timestamp_header', 'A template with {timestamp} needs timestamp_header, or timestamp_field.');
  }
  if (template.includes('{id}') && !idHeader) read.problem('id_header', 'A template with {id} needs id_header.');
  const shares = kind === 'hmac' || kind === 'hash';
  const encodings = shares ? ['hex', 'base64', 'base64url'] : ['hex', 'base64'];
  const shared: SignedHeaderSpec = {
    header,
    queryParameter: parameter,
    value: read.signatureHeader(timestampField),
    template,
    body: read.choice('body', ['inflated']) as 'inflated' | undefined,
    timestamp: {
      ...(timestampHeader ? { header: timestampHeader } : {}),
      unit: read.choice('timestamp_unit', ['seconds', 'milliseconds', 'iso8601']) as TimestampUnit | undefined,
      toleranceSeconds: read.tolerance(),
    },
    ...(idHeader && template.includes('{id}') ? { id: { header: idHeader } } : {}),
  };
  const encoding = read.choice('encoding', encodings) as 'hex' | 'base64' | undefined;
  const algorithm = read.choice('algorithm', [...(shares ? ['md5'] : []), 'sha1', 'sha256', 'sha384', 'sha512']) as
    'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined;
  if (!shares) return { kind, ...shared, encoding, algorithm: algorithm as Exclude<typeof algorithm, 'md5'> };
  const secretEncoding = read.choice('secret_encoding', ['utf8', 'hex', 'base64']) as
    'utf8' | 'hex' | 'base64' | undefined;
  return hmac({ ...shared, encoding, algorithm, secretEncoding, construction: kind });
}

function tokenSpec(read: SettingReader): SchemeSpec {
  const basic = read.flag('basic');
  const query = read.text('query');
  const header = read.headerName('header');
  const prefix = read.text('prefix');
  const path = read.path('body_path');
  if ([basic, query !== undefined, header !== undefined, path !== undefined].filter(Boolean).length !== 1) {
    read.problem('header', 'A token has one place: header, query, basic or body_path.');
  }
  if (path !== undefined && prefix !== undefined) read.problem('prefix', 'prefix goes with header.');
  if (path !== undefined && /^\d+$/.test(path.at(-1) ?? ''))
    read.problem('body_path', 'body_path must end in the name of a member: the secret is masked by that name.');
  return token({ header, prefix, query, basic: basic || undefined, ...(path ? { body: { path } } : {}) });
}

function jwtSpec(read: SettingReader): SchemeSpec {
  const header = read.neededHeader();
  const algorithm = read.choice('algorithm', ['HS256', 'HS384', 'HS512', 'RS256', 'ES256']);
  if (algorithm === undefined && !read.has('algorithm')) {
    read.problem('algorithm', 'algorithm must be one of HS256, HS384, HS512, RS256, ES256.');
  }
  const claim = read.text('body_hash_claim');
  const encoding = (read.choice('body_hash_encoding', ['hex', 'base64']) ?? 'hex') as 'hex' | 'base64';
  return {
    kind: 'jwt',
    header,
    prefix: read.text('prefix'),
    algorithm: (algorithm ?? 'HS256') as 'HS256',
    secretEncoding: read.choice('secret_encoding', ['utf8', 'hex', 'base64']) as 'utf8' | undefined,
    issuer: read.text('issuer'),
    toleranceSeconds: read.tolerance(),
    ...(claim ? { bodyHash: { claim, encoding } } : {}),
  };
}

/** The sender's handshake, or undefined when none of its settings is given. */
function handshakeSpec(read: SettingReader): HandshakeSpec | undefined {
  if (!handshake.some((name) => read.has(name))) return undefined;
  const method = (read.choice('handshake_method', ['GET', 'HEAD', 'OPTIONS', 'POST']) ??
    (read.has('handshake_body') ? 'POST' : 'GET')) as 'GET' | 'POST';
  const signed = read.flag('handshake_signed');
  const member = read.text('handshake_member');
  const parameter = read.text('handshake_query');
  const header = read.headerName('handshake_header');
  const place = read.path('handshake_body');
  const condition = { method, ...read.equality('handshake_if') };
  const answers = ['handshake_query', 'handshake_header', 'handshake_body', 'handshake_answer'] as const;
  if (answers.filter((name) => read.has(name)).length !== 1) {
    read.problem('handshake_answer', `A handshake has one answer: ${answers.join(', ')}.`);
    return undefined;
  }
  if (read.has('handshake_answer')) {
    if (member !== undefined)
      read.problem('handshake_member', 'handshake_member goes with a value of the request, not with handshake_answer.');
    if (method === 'POST' && !read.has('handshake_if'))
      read.problem(
        'handshake_method',
        'A fixed answer to POST needs handshake_if: without it, every event would get this answer and none would be stored.',
      );
    const answer = { status: 200, contentType: TEXT, body: read.possiblyEmpty('handshake_answer') };
    return { condition, signed, reply: { kind: 'fixed', answer } };
  }
  const challenge: ValueRule =
    parameter !== undefined
      ? fromQuery(parameter)
      : header !== undefined
        ? fromHeader(header.toLowerCase())
        : fromBody(...(place ?? []));
  return { condition: { ...condition, present: challenge }, signed, reply: { kind: 'echo', challenge, member } };
}

function valueIn(header: string | undefined): ValueRule | undefined {
  return header === undefined ? undefined : fromHeader(header.toLowerCase());
}

/** Reads settings one by one and notes what is wrong with each. */
class SettingReader {
  constructor(
    private readonly settings: VerificationSettings,
    private readonly problems: ConfigProblem[],
  ) {}

  problem(name: string, message: string): void {
    this.problems.push({ field: `settings.${name}`, message });
  }

  has(name: string): boolean {
    return this.settings[name] !== undefined && this.settings[name] !== null;
  }

  text(name: string): string | undefined {
    if (!this.has(name)) return undefined;
    const value = this.settings[name];
    if (typeof value === 'string' && value !== '' && value.length <= 512) return value;
    this.problem(name, `${name} must be a non-empty string of at most 512 characters.`);
    return undefined;
  }

  /** The text, which may be empty. A missing setting becomes an empty text. */
  possiblyEmpty(name: string): string {
    return this.settings[name] === '' ? '' : (this.text(name) ?? '');
  }

  /** Names and positions with dots between them, such as `data.items.0.code`, or a JSON pointer. */
  path(name: string): string[] | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : this.steps(name, text);
  }

  /** `<path of the body>=<text>`. */
  equality(name: string): Pick<Condition, 'equals'> {
    const text = this.text(name);
    if (text === undefined) return {};
    const mark = text.indexOf('=');
    if (mark < 1 || mark === text.length - 1) {
      this.problem(name, `${name} must be a path of the body, "=" and the text at that path.`);
      return {};
    }
    return { equals: [fromBody(...this.steps(name, text.slice(0, mark))), text.slice(mark + 1)] };
  }

  private steps(name: string, text: string): string[] {
    const steps = text.startsWith('/') ? (parsePointer(text) ?? ['']) : text.split('.');
    if (steps.length > MAX_STEPS || steps.includes(''))
      this.problem(
        name,
        `${name} must name at most ${MAX_STEPS} members, with dots between them (data.code) or as a JSON pointer (/data/code).`,
      );
    // A position in a list is also the name of its item, so digits can stay text.
    return steps;
  }

  choice(name: string, allowed: readonly string[]): string | undefined {
    if (!this.has(name)) return undefined;
    const value = this.settings[name];
    if (typeof value === 'string' && allowed.includes(value)) return value;
    this.problem(name, `${name} must be one of ${allowed.join(', ')}.`);
    return undefined;
  }

  flag(name: string): boolean {
    const value = this.settings[name] ?? false;
    if (typeof value !== 'boolean') this.problem(name, `${name} must be true or false.`);
    return value === true;
  }

  headerName(name: string): string | undefined {
    if (!this.has(name)) return undefined;
    const value = this.settings[name];
    if (typeof value === 'string' && HEADER_NAME.test(value)) return value;
    this.problem(name, `${name} must be the name of a header.`);
    return undefined;
  }

  neededHeader(): string {
    if (!this.has('header')) {
      this.problem('header', 'header must be the name of the header that carries the signature or token.');
    }
    return this.headerName('header') ?? 'x';
  }

  tolerance(): number | undefined {
    const value = this.settings[TOLERANCE_SETTING] ?? undefined;
    if (value === undefined) return undefined;
    const problem = toleranceProblem(value);
    if (problem === null) return value as number;
    this.problem(TOLERANCE_SETTING, problem);
    return undefined;
  }

  signatureHeader(timestampField: string | undefined): SignatureHeader {
    const separator = this.text('separator');
    const prefix = this.text('prefix');
    const signature = this.text('signature_field');
    if (signature === undefined && timestampField === undefined) {
      return separator === undefined ? { form: 'plain', prefix } : { form: 'list', separator, prefix: prefix ?? '' };
    }
    if (signature === undefined || timestampField === undefined || prefix !== undefined) {
      this.problem('signature_field', 'signature_field and timestamp_field go together, and not with prefix.');
    }
    return { form: 'fields', separator: separator ?? ',', signature: signature ?? '', timestamp: timestampField ?? '' };
  }
}
