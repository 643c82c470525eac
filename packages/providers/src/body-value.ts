import { isUtf8 } from 'node:buffer';
import { readJson, WantedPlaces, type Unreadable } from './json-reader';
import type { Path } from './json-path';
import type { WebhookRequest } from './webhook-request';

/** Larger bodies are read in the wanted places only: a parser would make up to a gigabyte of objects out of 25 MB. */
const PARSED_WHOLE = 1024 * 1024;

/** What the general rule and the providers of the catalogue want of a body. */
export const wantedPlaces = new WantedPlaces()
  .add({ path: ['type'] })
  .add({ path: ['event_type'] })
  .add({ path: ['event'] });

type Reading = { root: unknown } | Unreadable;

const readings = new WeakMap<WebhookRequest, Reading>();

/**
 * The body as a JSON value, read once per request; undefined when it is none. Of a body of more than 1 MiB only the places
 * that the catalogue knows are there.
 */
export function jsonBody(request: WebhookRequest): unknown {
  const reading = readingOf(request);
  return typeof reading === 'string' ? undefined : reading.root;
}

/** The body may be JSON, but it is nested too deeply or has too many items to be read. */
export function isTooLargeToRead(request: WebhookRequest): boolean {
  return readingOf(request) === 'too_large';
}

function readingOf(request: WebhookRequest): Reading {
  let reading = readings.get(request);
  if (reading === undefined) {
    reading = readBody(request.body, wantedPlaces);
    readings.set(request, reading);
  }
  return reading;
}

function readBody(body: Buffer, wanted: WantedPlaces): Reading {
  const first = body[firstVisible(body)];
  // Only objects and arrays carry names; this also skips form and text bodies without the cost of an exception.
  return first === 0x7b || first === 0x5b ? readText(body, wanted) : 'not_json';
}

function readText(text: Buffer, wanted: WantedPlaces): Reading {
  // Decoding other bytes would give different bodies the same type and delivery id.
  if (!isUtf8(text)) return 'not_json';
  if (text.length > PARSED_WHOLE) return readJson(text, wanted);
  const root = jsonOf(text.toString('utf8'));
  return root === undefined ? 'not_json' : { root };
}

/**
 * The text, number or word at a path of a JSON body of any size. Larger bodies are not parsed as a whole.
 * @param path names, and positions in lists
 * @returns undefined when there is none, or it is an object or a list
 */
export function jsonValueAt(body: Buffer, path: Path): string | number | boolean | null | undefined {
  const place = jsonPlace(body, path);
  return typeof place === 'string' ? undefined : place.value;
}

/**
 * The same, and whether the body is JSON at all.
 * @returns `not_json` for what a parser refuses, `too_large` for a body of more than 1 MiB with brackets more than 65,536
 *   deep
 */
export function jsonPlace(
  body: Buffer,
  path: Path,
): { value: string | number | boolean | null | undefined } | Unreadable {
  const reading = readText(body, new WantedPlaces().add({ path }));
  if (typeof reading === 'string') return reading;
  const value = valueAt(reading.root, path);
  return { value: typeof value === 'object' && value !== null ? undefined : (value as string | undefined) };
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

/** The value at a path of own properties and array indexes. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

/** The value at a path of the JSON body. */
export function bodyValueAt(request: WebhookRequest, path: Path): unknown {
  const large = request.body.length > PARSED_WHOLE && !wantedPlaces.covers(path);
  return large ? jsonValueAt(request.body, path) : valueAt(jsonBody(request), path);
}

/** A non-empty string, or a number as text. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A non-empty string (or a number as text) at a path of the JSON body. */
export function textAt(request: WebhookRequest, ...path: (string | number)[]): string | null {
  return textOf(bodyValueAt(request, path));
}
