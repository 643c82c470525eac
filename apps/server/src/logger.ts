import { isNativeError } from 'node:util/types';
import { describeFault, printable, redact } from '@paggio/core';
import { pino, type DestinationStream, type Logger } from 'pino';

export { redact };

/** About the longest log line, in characters before JSON escapes them. What does not fit is cut or left out. */
export const LINE_LENGTH = 16_384;
/** The longest text in one of its fields. */
export const FIELD_LENGTH = 2_048;
const MAX_ENTRIES = 50;
const MAX_DEPTH = 6;

/** Fields that are shown as `***` at any depth. Case, `_` and `-` in a name make no difference. */
const secretNames: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'password',
  'secret',
  'secrets',
  'token',
  'key',
  'apikey',
  'masterkey',
  'connectionstring',
]);

/**
 * The server's log: one JSON object a line. Every text in it is redacted and cut before it becomes JSON, so a line has a
 * bounded size and cost, whatever a sender, a destination or PostgreSQL puts into it.
 */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  return pino(
    {
      level,
      formatters: { log: (fields) => new Line().fields(fields, 0) },
      serializers: {
        msg: (message: unknown) => redact(String(message), LINE_LENGTH / 2),
        err: (error: unknown) => error,
      },
    },
    { write: (line: string) => destination.write(escapeInvisible(line)) },
  );
}

/** Lines that nobody takes, after a terminal was closed or when a disk is full, are dropped: the server goes on. */
function standardOutput(): DestinationStream {
  const destination = pino.destination(1);
  destination.on('error', () => undefined);
  return destination;
}

/** A text for people at a terminal: one line, redacted. */
export function plainLine(text: string): string {
  return printable(redact(text));
}

/** Several lines for people; only the line breaks are kept. */
export function plainLines(text: string): string {
  return redact(text, LINE_LENGTH).split('\n').map(printable).join('\n');
}

/** What one line may still hold: names, texts, and a little for every other value. */
class Line {
  private left = LINE_LENGTH / 2;

  fields(given: object, depth: number): Record<string, unknown> {
    const shown: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given).slice(0, MAX_ENTRIES)) {
      if (this.left <= 0) break;
      const isSecret = secretNames.has(name.toLowerCase().replaceAll(/[_-]/g, ''));
      const isThere = value !== null && value !== undefined;
      shown[this.text(name, 128)] = isSecret && isThere ? '***' : this.value(value, depth);
    }
    return shown;
  }

  private list(given: readonly unknown[], depth: number): unknown[] {
    const shown: unknown[] = [];
    for (const one of given.slice(0, MAX_ENTRIES)) {
      if (this.left <= 0) break;
      shown.push(this.value(one, depth));
    }
    return shown;
  }

  private value(value: unknown, depth: number): unknown {
    this.left -= 8;
    if (typeof value === 'string') return this.text(value, FIELD_LENGTH);
    if (typeof value === 'bigint') return this.text(String(value), 128);
    if (typeof value !== 'object' || value === null) return value;
    // Their bytes may be a payload, and JSON would show them as numbers.
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `(${value.byteLength} bytes)`;
    if (depth >= MAX_DEPTH) return '...';
    try {
      if (isNativeError(value) || value instanceof Error) return this.fields(describeFault(value), depth + 1);
      if (value instanceof Date) return value.toJSON();
      if (Array.isArray(value)) return this.list(value, depth + 1);
      if (value instanceof Set || value instanceof Map) return this.list([...value], depth + 1);
      return this.fields(value, depth + 1);
    } catch {
      return '(unreadable)';
    }
  }

  private text(text: string, limit: number): string {
    const shown = redact(text, Math.max(0, Math.min(limit, this.left)));
    this.left -= shown.length;
    return shown;
  }
}

/** JSON escapes control characters below U+0020 only. The others would reach the reader's terminal. */
function escapeInvisible(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
