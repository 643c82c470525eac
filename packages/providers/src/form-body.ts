import { isMultipart, multipartValues } from './multipart-body';
import type { WebhookRequest } from './webhook-request';

/** A form with more fields is not read: the objects for them would take many times its size. */
const MAX_FIELDS = 20_000;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PLUS = 0x2b;
const PERCENT = 0x25;

/** Whether the body is a form of `application/x-www-form-urlencoded`. */
export function isForm(contentType: string): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(contentType);
}

/**
 * The values of a field of a form body, decoded, in order; empty when the field is missing, or the body is not a form.
 * Only the fields of that name are decoded, so a large form costs one pass over its bytes.
 * @param most the most values to return
 */
function formValues(request: WebhookRequest, name: string, most: number): string[] {
  if (!isForm(request.headers.get('content-type') ?? '')) return [];
  const { body } = request;
  const wanted = Buffer.from(name, 'utf8');
  const found: string[] = [];
  for (let start = 0; start < body.length && found.length < most;) {
    let end = body.indexOf(AMPERSAND, start);
    if (end < 0) end = body.length;
    const mark = endOfName(body, start, end, wanted);
    if (mark >= 0) found.push(decoded(body.toString('utf8', Math.min(mark + 1, end), end)));
    start = end + 1;
  }
  return found;
}

/** The fields of a form body, in order; undefined when there are too many to be read. */
export function formFields(body: Buffer): [string, string][] | undefined {
  let fields = 1;
  for (let at = body.indexOf(AMPERSAND); at >= 0; at = body.indexOf(AMPERSAND, at + 1))
    if (++fields > MAX_FIELDS) return undefined;
  return [...new URLSearchParams(body.toString('utf8'))];
}

/** The end of a field's name if it is the wanted one, plain or percent-encoded; else -1. */
function endOfName(body: Buffer, start: number, end: number, wanted: Buffer): number {
  let at = start;
  for (const letter of wanted) {
    let byte = at < end ? (body[at++] as number) : -1;
    if (byte === EQUALS) return -1;
    if (byte === PLUS) byte = 0x20;
    else if (byte === PERCENT) {
      const code = hexPair(body[at], body[at + 1]);
      if (code >= 0 && at + 1 < end) {
        byte = code;
        at += 2;
      }
    }
    if (byte !== letter) return -1;
  }
  return at === end || body[at] === EQUALS ? at : -1;
}

function hexPair(high: number | undefined, low: number | undefined): number {
  const text = String.fromCharCode(high ?? 0, low ?? 0);
  return /^[0-9a-f]{2}$/i.test(text) ? parseInt(text, 16) : -1;
}

function decoded(text: string): string {
  return new URLSearchParams(`=${text}`).get('') ?? '';
}

/**
 * The values of a field in a form of either kind, urlencoded or multipart. Files of a multipart form are not fields.
 * @param most the most values to return
 */
export function fieldValues(request: WebhookRequest, name: string, most = 1): string[] {
  const type = request.headers.get('content-type') ?? '';
  return isMultipart(type) ? multipartValues(request, name, most) : formValues(request, name, most);
}
