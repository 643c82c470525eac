import { inflate } from '../inflated-body';
import type { HmacSpec } from '../scheme/hmac';
import type { SchemeSpec } from '../scheme/scheme-spec';
import { withAndWithoutPort } from '../scheme/url-fields';
import { canonicalBase64 } from '../signature-text';
import type { WebhookRequest } from '../webhook-request';
import type { Cause } from './cause';

/** A value that may have been used instead, with sentences for people. */
export interface Variant<T> {
  value: T;
  message: string;
  fix: string;
}

/** The bodies that may have been signed instead of the body that arrived. */
export function bodyVariants(request: WebhookRequest): Variant<Buffer>[] {
  const { body } = request;
  const found: Variant<Buffer>[] = [];
  const add = (value: Buffer | undefined, message: string, fix: string): void => {
    if (value && !value.equals(body) && !found.some((one) => one.value.equals(value)))
      found.push({ value, message, fix });
  };
  const text = body.toString('utf8');
  for (const { value, message, fix } of jsonVariants(text)) add(Buffer.from(value), message, fix);
  const stripped =
    'A proxy or tool changed the end of the body. Send the bytes as they are (curl: --data-binary, not -d).';
  add(
    Buffer.from(text.replace(/(?:\r\n|\n|\r)$/, '')),
    'The signature is that of the body without its last line break.',
    stripped,
  );
  add(
    Buffer.concat([body, Buffer.from('\n')]),
    'The signature is that of the body with a line break at its end, which is missing here.',
    stripped,
  );
  add(
    Buffer.concat([body, Buffer.from('\r\n')]),
    'The signature is that of the body with CR LF at its end, which is missing here.',
    stripped,
  );
  const lines = 'Line ends were converted on the way: pass the bytes through untouched.';
  add(Buffer.from(text.replaceAll('\r\n', '\n')), 'The signature is that of the body with LF instead of CR LF.', lines);
  add(
    Buffer.from(text.replaceAll(/(?<!\r)\n/g, '\r\n')),
    'The signature is that of the body with CR LF instead of LF.',
    lines,
  );
  add(
    inflated(request),
    'The signature is that of the decompressed body.',
    'The sender signs before it compresses. Use provider `custom` with `"body": "inflated"`, or have it send without Content-Encoding.',
  );
  add(
    canonicalBase64(text.trim()),
    'The signature is that of the base64-decoded body.',
    'A gateway (AWS API Gateway, Lambda) passed the body as base64 text: decode it before it gets here.',
  );
  if (/^(?:[^=&]+=[^&]*)(?:&|$)/.test(text) && text.length > 0) {
    for (const [name, value] of new URLSearchParams(text)) {
      if (value.startsWith('{') || value.startsWith('['))
        add(
          Buffer.from(value),
          `The signature is that of the JSON in the form field "${name}".`,
          'Set the content type of the webhook to application/json.',
        );
    }
  }
  add(
    Buffer.from(body.toString('latin1'), 'utf8'),
    'The signature is that of the body read as Latin-1 and written as UTF-8.',
    'Something on the way decoded the body with the wrong charset.',
  );
  add(
    Buffer.alloc(0),
    'The signature is that of an empty body.',
    'The body was added or replaced after it was signed.',
  );
  return found;
}

const RESERIALISED =
  'Something between the sender and here parsed the JSON and wrote it again. Pass the bytes through untouched: no JSON body parser, no API gateway mapping.';

/** The same JSON as other libraries would write it. */
function jsonVariants(text: string): Variant<string>[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return [];
    const compact = JSON.stringify(value);
    const as = (how: string, written: string): Variant<string> => ({
      value: written,
      message: `The signature is that of the same JSON ${how}.`,
      fix: RESERIALISED,
    });
    const indented = [2, 4].flatMap((spaces) => {
      const written = JSON.stringify(value, null, spaces);
      return [
        as(`indented by ${spaces} spaces`, written),
        as(`indented by ${spaces} spaces and with a line break at its end`, `${written}\n`),
      ];
    });
    const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return [
      as('without white space', compact),
      ...indented,
      as('with a space after each comma and colon, as Python writes it', spaced(value)),
      as('with every letter outside ASCII escaped (\\u00e9)', compact.replace(/[\u0080-\uffff]/g, escaped)),
      as('with escaped slashes (\\/), as PHP writes it', compact.replaceAll('/', '\\/')),
    ];
  } catch {
    // It is not JSON, or it is nested too deeply to be written again.
    return [];
  }
}

/** `{"a": 1, "b": [1, 2]}`: the default of Python's json.dumps. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

function inflated({ body, headers, bodyLimit }: WebhookRequest): Buffer | undefined {
  const magic = body[0] === 0x1f && body[1] === 0x8b ? 'gzip' : '';
  return inflate(body, headers.get('content-encoding') ?? magic, bodyLimit) ?? undefined;
}

/** Forms of a secret that is copied or decoded wrongly, as happens easily. */
export function secretVariants(secret: string): Variant<string>[] {
  const found: Variant<string>[] = [];
  const add = (value: string, message: string, fix: string): void => {
    // Both texts are forms of one secret of our own, so the time of this comparison tells an attacker nothing.
    // eslint-disable-next-line no-restricted-syntax
    if (value !== secret && value.trim() !== '') found.push({ value, message, fix });
  };
  add(
    secret.trim(),
    'It matches the secret without the white space around it.',
    'Store the secret without spaces and line breaks.',
  );
  add(
    `${secret}\n`,
    'It matches the secret followed by a line break.',
    'The sender read its secret from a file that ends in a line break: remove it there.',
  );
  add(
    secret.replace(/^(['"])(.*)\1$/, '$2'),
    'It matches the secret without its quotes.',
    'Store the secret without the quotes around it.',
  );
  add(
    withoutEntities(secret),
    'It matches the secret with & < > and quotes instead of their HTML escapes (&amp; and so on).',
    'The secret was copied from the source of a page: store it as the page shows it.',
  );
  const bare = bareSecret(secret);
  add(
    bare,
    'It matches the secret without its prefix.',
    `The sender signs without the prefix: store the secret as the sender uses it.`,
  );
  add(`whsec_${secret}`, 'It matches the secret with whsec_ before it.', 'Store the whole secret, whsec_ included.');
  const standard = standardBase64(bare);
  for (const value of [standard, `whsec_${standard}`])
    add(
      value,
      'It matches the secret in the standard alphabet of base64 (+ and / instead of - and _), with its padding.',
      `Store the secret in that form${value === standard ? '' : ', with whsec_ before it'}.`,
    );
  const decoded = canonicalBase64(standard);
  if (decoded && isPlain(decoded))
    add(decoded.toString('latin1'), 'It matches the base64-decoded secret.', 'Store the decoded secret.');
  add(
    Buffer.from(secret).toString('base64'),
    'It matches the base64 of the secret.',
    'The sender uses the base64 text of the secret: store that.',
  );
  return found;
}

/** The secret without a prefix such as `whsec_` or `sk_live_`. */
export function bareSecret(secret: string): string {
  return secret.replace(/^[a-z0-9]{2,12}_(?:live_|test_)?/i, '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#34;': '"',
  '&#39;': "'",
  '&#x27;': "'",
  '&apos;': "'",
};

function withoutEntities(secret: string): string {
  return secret.replace(/&(?:amp|lt|gt|quot|apos|#34|#39|#x27);/gi, (text) => ENTITIES[text.toLowerCase()] ?? text);
}

/** Rewrites base64 in the URL alphabet, or without padding, for strict decoders. Returns any other text unchanged. */
export function standardBase64(text: string): string {
  const digits = text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/(?<!=)=+$/, '');
  if (!/^[A-Za-z0-9+/]+$/.test(digits) || digits.length % 4 === 1) return text;
  return digits + '='.repeat((4 - (digits.length % 4)) % 4);
}

function isPlain(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** How many headers of a request are tried as the signature. */
const SEARCHED_HEADERS = 30;
const without = 'Use `"provider": "custom"` with these settings, or correct the sender.';

/** Other ways in which an HMAC may have been made. They only explain; the configuration does not change. */
export function specVariants(spec: SchemeSpec, request: WebhookRequest): (Variant<SchemeSpec> & { cause: Cause })[] {
  if (spec.kind !== 'hmac') return [];
  const found: (Variant<SchemeSpec> & { cause: Cause })[] = [];
  const add = (cause: Cause, change: Partial<HmacSpec>, message: string, fix: string): void => {
    found.push({ cause, value: { ...spec, ...change }, message, fix });
  };
  for (const secretEncoding of ['utf8', 'hex', 'base64'] as const) {
    if (secretEncoding === (spec.secretEncoding ?? 'utf8')) continue;
    const how = { utf8: "the secret's own text", hex: 'the hex-decoded secret', base64: 'the base64-decoded secret' }[
      secretEncoding
    ];
    add(
      'secret_form',
      { secretEncoding },
      `It matches when ${how} is the key.`,
      `The sender uses ${how} as the key. ${without}`,
    );
  }
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const) {
    if (algorithm === (spec.algorithm ?? 'sha256')) continue;
    add(
      'algorithm',
      { algorithm },
      `It matches with ${algorithm.toUpperCase()} instead.`,
      `The sender signs with ${algorithm}. ${without}`,
    );
  }
  for (const encoding of ['hex', 'HEX', 'base64', 'base64url'] as const) {
    if (encoding === (spec.encoding ?? 'hex')) continue;
    add(
      'signature_encoding',
      { encoding },
      `The digest is right, but it is written as ${encoding}.`,
      `Have the sender write the signature as ${spec.encoding ?? 'hex'}. ${without}`,
    );
  }
  const templates = [
    '{body}',
    '{timestamp}.{body}',
    '{timestamp}{body}',
    '{timestamp}:{body}',
    '{body}{timestamp}',
    '{url}{body}',
    '{body}{url}',
  ];
  const hashed = spec.construction === 'hash';
  const withSecret = ['{secret}{body}', '{body}{secret}', '{secret}.{body}', '{body}.{secret}', '{secret}:{body}'];
  for (const template of hashed ? templates : withSecret)
    add(
      'algorithm',
      { template, construction: hashed ? 'hmac' : 'hash' },
      hashed
        ? `It matches as an HMAC of \`${template}\`.`
        : `It matches as a plain digest of \`${template}\`, not an HMAC.`,
      `Use \`"provider": "custom"\` with kind ${hashed ? 'hmac' : 'hash'} and this template, or correct the sender.`,
    );
  for (const template of hashed ? withSecret : templates) {
    if (template === (spec.template ?? '{body}')) continue;
    add(
      'signed_text',
      { template },
      `It matches when \`${template}\` is signed instead of \`${spec.template ?? '{body}'}\`.`,
      `The sender signs another text. ${without}`,
    );
  }
  const own = new Set([spec.header].flat());
  const others = [...new Set(request.headers.names())].filter((name) => {
    const { length } = request.headers.get(name) ?? '';
    return !own.has(name) && length >= 20 && length <= 1024;
  });
  for (const name of others.slice(0, SEARCHED_HEADERS)) {
    const moved = { header: name, alternatives: [] };
    const message = `The signature is in the header ${name} and not in ${[spec.header].flat().join(' or ')}.`;
    const fix = `Something renamed the header, or the sender is another provider. ${without}`;
    add('wrong_header', moved, message, fix);
    if (spec.value?.form === 'plain' && spec.value.prefix)
      add('wrong_header', { ...moved, value: { form: 'plain' } }, message, fix);
  }
  if (spec.value?.form === 'plain' && spec.value.prefix) {
    add(
      'signature_encoding',
      { value: { form: 'plain' } },
      `The digest is right, but "${spec.value.prefix}" is missing before it.`,
      'Have the sender write the prefix.',
    );
  } else {
    for (const prefix of ['sha256=', 'sha1=', 'v1=', 'v0=']) {
      add(
        'signature_encoding',
        { value: { form: 'plain', prefix } },
        `The digest is right, but "${prefix}" is written before it.`,
        `Have the sender leave the prefix out. ${without}`,
      );
    }
  }
  return found;
}

/** The URLs that may be configured at the provider instead of `publicUrl`. */
export function urlVariants(publicUrl: string, request: WebhookRequest): Variant<string>[] {
  const found: Variant<string>[] = [];
  const add = (value: string): void => {
    if (value !== publicUrl && !found.some((one) => one.value === value)) {
      const fix = 'Set verification.public_url to it, exactly as it is configured at the provider.';
      found.push({ value, message: `It matches with the URL ${value}.`, fix });
    }
  };
  const path = request.target.split('?')[0] as string;
  const query = publicUrl.includes('?') ? publicUrl.slice(publicUrl.indexOf('?')) : '';
  const bare = publicUrl.slice(0, publicUrl.length - query.length);
  const bases = new Set([bare]);
  const host = request.headers.get('host');
  for (const scheme of ['https', 'http'])
    if (host && /^[a-z0-9.:[\]-]+$/i.test(host)) bases.add(`${scheme}://${host}${path}`);
  if (URL.canParse(bare)) bases.add(new URL(bare).origin + path);
  for (const base of [...bases].flatMap(withAndWithoutPort)) {
    for (const swapped of [base, base.replace(/^https:/, 'http:'), base.replace(/^http:/, 'https:')]) {
      const slashed = swapped.endsWith('/') ? swapped.slice(0, -1) : `${swapped}/`;
      for (const one of [swapped, slashed]) {
        add(one + query);
        add(one);
      }
    }
  }
  return found;
}
