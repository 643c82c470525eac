import { isUtf8 } from 'node:buffer';
import { readJson, WantedPlaces, type Unreadable } from './json-reader';
import type { Path } from './json-path';
import type { WebhookRequest } from './webhook-request';

/** Bytes. In a larger body only the wanted places are read: a parser can make a gigabyte of objects out of 25 MB. */
const PARSED_WHOLE = 1024 * 1024;

/** The places of a body that the general rule and the providers of the catalogue read. */
export const wantedPlaces = new WantedPlaces()
  .add({ path: ['type'] })
  .add({ path: ['event_type'] })
  .add({ path: ['event'] });

type Reading = { root: unknown } | Unreadable;

const readings = new WeakMap<WebhookRequest, Reading>();

/**
 * The body as a JSON value, read once per request; undefined when it is not a JSON object or list. For a body of more
 * than 1 MiB, the value has only the places that the catalogue knows.
 */
export function jsonBody(request: WebhookRequest): unknown {
  const reading = readingOf(request);
  return typeof reading === 'string' ? undefined : reading.root;
}

/** Whether the body may be JSON but is nested too deeply, or has too many items, to be read. */
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
  // Other bytes become replacement characters, so different bodies would get the same type and delivery id.
  if (!isUtf8(text)) return 'not_json';
  if (text.length > PARSED_WHOLE) return readJson(text, wanted);
  const root = jsonOf(text.toString('utf8'));
  return root === undefined ? 'not_json' : { root };
}

/**
 * The string, number, boolean or null at a path of a JSON body of any size. Large bodies are not parsed as a whole.
 * @param path names, and positions in lists
 * @returns undefined when there is no value, or it is an object or a list
 */
export function jsonValueAt(body: Buffer, path: Path): string | number | boolean | null | undefined {
  const place = jsonPlace(body, path);
  return typeof place === 'string' ? undefined : place.value;
}

/**
 * Like `jsonValueAt`, but also says when the body cannot be read.
 * @returns `not_json` when a parser refuses the body; `too_large` when a body of more than 1 MiB is nested more than
 *   65,536 levels deep
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

/** The JSON value of a text, or undefined when the text is not JSON. */
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
