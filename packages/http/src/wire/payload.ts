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
  if (body.length > 0 && body.length <= JSON_LIMIT) {
    const value = parsed(text);
    if (value !== undefined && isFaithful(text)) return { payload: value, payload_format: 'json' };
  }
  return { payload: text, payload_format: 'text' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether a printer would give back the values and keys of this JSON as they are written. It must be valid. */
function isFaithful(text: string): boolean {
  // It is valid JSON, so this only has to tell its tokens apart. A list shows a hundred of them: no regular expressions.
  const keys: (Set<string> | null)[] = [];
  let nameStart = 0;
  let nameEnd = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x7b: // {
      case 0x5b: // [
        if (keys.length >= MAX_DEPTH) return false;
        keys.push(text[at] === '{' ? new Set() : null);
        break;
      case 0x7d: // }
      case 0x5d: // ]
        keys.pop();
        break;
      case 0x22: // "
        nameStart = at;
        at = endOfString(text, at);
        nameEnd = at + 1;
        break;
      case 0x3a: {
        const name = stringIn(text, nameStart, nameEnd);
        const seen = keys.at(-1);
        // An own "__proto__" does not survive being copied around in JavaScript.
        if (!seen || seen.has(name) || name === '__proto__') return false;
        seen.add(name);
        break;
      }
      default:
        if (beginsNumber(text.charCodeAt(at))) {
          const start = at;
          while (isInNumber(text.charCodeAt(at + 1))) at++;
          if (!survives(text.slice(start, at + 1))) return false;
        }
    }
  }
  return true;
}

/** Of the closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  // A quote behind an odd number of backslashes is part of the string.
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

function stringIn(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

function beginsNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d;
}

/** A digit, or one of `-+.eE`. */
function isInNumber(code: number): boolean {
  return beginsNumber(code) || code === 0x2b || code === 0x2e || code === 0x45 || code === 0x65;
}

function survives(token: string): boolean {
  return /^[0-9]{1,15}$/.test(token) || JSON.stringify(Number(token)) === token;
}
