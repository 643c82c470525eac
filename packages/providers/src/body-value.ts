import type { WebhookRequest } from './webhook-request';

/** Larger bodies are not parsed for their event type or delivery id (signatures never need parsing). */
export const PARSED_BODY_LIMIT = 1024 * 1024;

const parsed = new WeakMap<WebhookRequest, unknown>();

/** The body as a JSON value, parsed once per request; undefined when it is not JSON or over the limit. */
export function jsonBody(request: WebhookRequest): unknown {
  if (parsed.has(request)) return parsed.get(request);
  const value = parse(request.body);
  parsed.set(request, value);
  return value;
}

function parse(body: Buffer): unknown {
  if (body.length === 0 || body.length > PARSED_BODY_LIMIT) return undefined;
  const first = body[firstVisible(body)];
  // Only objects and arrays carry names; this also skips form and text bodies without the cost of an exception.
  if (first !== 0x7b && first !== 0x5b) return undefined;
  return jsonOf(body.toString('utf8'));
}

/** The JSON value of a text, or undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function firstVisible(body: Buffer): number {
  let i = 0;
  while (i < body.length && (body[i] === 0x20 || body[i] === 0x0a || body[i] === 0x0d || body[i] === 0x09)) i++;
  return i;
}

/** The body as form fields, in order; undefined when it is not a form. */
export function formBody(request: WebhookRequest): URLSearchParams | undefined {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return undefined;
  return new URLSearchParams(request.body.toString('utf8'));
}

/** The value at a path of own properties and array indexes. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

/** A non-empty string, or a number as text. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A non-empty string (or a number as text) at a path of the JSON body. */
export function textAt(request: WebhookRequest, ...path: (string | number)[]): string | null {
  return textOf(valueAt(jsonBody(request), path));
}
