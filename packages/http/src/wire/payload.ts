import { isUtf8 } from 'node:buffer';

const JSON_LIMIT = 256 * 1024;
const MAX_DEPTH = 64;

export type Payload = { payload: unknown; payload_format: 'json' | 'text' | 'binary' };

/**
 * A body as the API shows it: parsed only where that shows exactly what was sent, so without big integers, `1.10`,
 * repeated keys or deep nesting; else its text; else nothing but the raw download.
 */
export function toPayload(body: Buffer): Payload {
  if (!isUtf8(body)) return { payload: null, payload_format: 'binary' };
  const text = body.toString('utf8');
  if (body.length > 0 && body.length <= JSON_LIMIT && isFaithful(text)) {
    return { payload: JSON.parse(text) as unknown, payload_format: 'json' };
  }
  return { payload: text, payload_format: 'text' };
}

/** Valid JSON that a parser and a printer would give back with the same values and keys. */
function isFaithful(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  // It is valid JSON, so this only has to tell its tokens apart.
  const keys: (Set<string> | null)[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|[{}[\]:,]|true|false|null/g;
  let pending: string | undefined;
  for (const [token] of text.matchAll(tokens)) {
    const first = token[0] as string;
    if (first === '{' || first === '[') {
      if (keys.length >= MAX_DEPTH) return false;
      keys.push(first === '{' ? new Set() : null);
    } else if (first === '}' || first === ']') keys.pop();
    else if (first === '"') pending = token;
    else if (first === ':') {
      const name = JSON.parse(pending as string) as string;
      const seen = keys.at(-1);
      // An own "__proto__" does not survive being copied around in JavaScript.
      if (!seen || seen.has(name) || name === '__proto__') return false;
      seen.add(name);
    } else if ((first === '-' || (first >= '0' && first <= '9')) && JSON.stringify(Number(token)) !== token)
      return false;
  }
  return true;
}
