import { isNativeError } from 'node:util/types';
import { describeFault, printable, redact } from '@paggio/core';
import { pino, type DestinationStream, type Logger } from 'pino';

export { redact };

/**
 * The approximate maximum length of a log line, in characters before JSON escaping. Longer content is cut or omitted.
 */
export const LINE_LENGTH = 16_384;
/** The maximum length of a text in one field. */
export const FIELD_LENGTH = 2_048;
const MAX_ENTRIES = 50;
const MAX_DEPTH = 6;

/** Fields that are shown as `***` at any depth. Case, `_` and `-` in a name are ignored. */
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
 * Creates the server's log, which writes one JSON object per line. Every text is redacted and cut before it becomes
 * JSON, so the size and cost of a line are bounded, whatever a sender, a destination or PostgreSQL puts into it.
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

/** Standard output. If it cannot be written, because the terminal is closed or the disk is full, lines are dropped. */
function standardOutput(): DestinationStream {
  const destination = pino.destination(1);
  destination.on('error', () => undefined);
  return destination;
}

/** Redacts a text and puts it on one line, for people at a terminal. */
export function plainLine(text: string): string {
  return printable(redact(text));
}

/** Redacts a text of several lines for people at a terminal. Of its control characters, only line breaks are kept. */
export function plainLines(text: string): string {
  return redact(text, LINE_LENGTH).split('\n').map(printable).join('\n');
}

/**
 * Builds the fields of one line within its budget of characters. Names and texts count fully, other values a little.
 */
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
    // The bytes may be a payload, and JSON would show them as numbers.
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

/**
 * Escapes the control characters above U+001F, which JSON leaves as they are. They would reach the reader's terminal.
 */
function escapeInvisible(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
