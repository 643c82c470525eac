export interface CurlRequest {
  method: string;
  url: string;
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Uint8Array;
}

/** Headers that curl sets itself, or that describe a connection that has ended. */
const NOT_COPIED = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'keep-alive', 'expect', 'te']);
/** Longer bodies do not fit on a command line. */
const INLINE_LIMIT = 64 * 1024;

/**
 * Makes a command for a POSIX shell that sends the same request with the same bytes. Header values that the reader may
 * not see are left out.
 */
export function toCurl({ method, url, headers, body }: CurlRequest): string {
  const parts = [`curl -X ${quoted(method)} ${quoted(url)}`];
  const given = Object.entries(headers).filter(([name]) => !NOT_COPIED.has(name.toLowerCase()));
  for (const [name, value] of given)
    for (const one of typeof value === 'string' ? [value] : value)
      if (one !== '***') parts.push(`-H ${quoted(`${name}: ${one}`)}`);
  if (body.length === 0) return parts.join(' \\\n  ');
  // Without this, curl would declare the body to be a form.
  if (!given.some(([name]) => name.toLowerCase() === 'content-type')) parts.push(`-H 'content-type:'`);
  if (body.length > INLINE_LIMIT) {
    parts.push('--data-binary @body');
    return `# The body is too long for a command: download it as "body" first.\n${parts.join(' \\\n  ')}`;
  }
  const text = textOf(body);
  if (text !== null) parts.push(`--data-raw ${quoted(text)}`);
  else {
    parts.push('--data-binary @-');
    parts[0] = `printf %s ${quoted(toBase64(body))} | base64 -d | ${parts[0] as string}`;
  }
  return parts.join(' \\\n  ');
}

/** The body as text; null if it cannot be passed as an argument. */
function textOf(body: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
