import type { WebhookRequest } from './webhook-request';

/** A body with more parts is not read: the objects for them would take many times its size. */
const MAX_PARTS = 20_000;
/** A part whose header lines have more bytes does not count as a field. */
const MAX_HEAD = 8 * 1024;

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;

/** A part of a multipart form that is not a file. Positions are bytes of the body. */
interface Field {
  name: string;
  start: number;
  end: number;
}

const readings = new WeakMap<WebhookRequest, readonly Field[] | 'too_large'>();

/** Whether the body is a multipart form with too many parts to be read. */
export function hasTooManyParts(request: WebhookRequest): boolean {
  return fieldsOf(request) === 'too_large';
}

/** Whether the body is a form of `multipart/form-data`. */
export function isMultipart(contentType: string): boolean {
  return /^multipart\/form-data[ \t]*(?:;|$)/i.test(contentType);
}

/**
 * The values of a field of a multipart form (RFC 7578), as UTF-8, in order; empty when the field is missing, or the
 * body is not such a form. Files are not fields. The parts are found once per request.
 * @param most the most values to return
 */
export function multipartValues(request: WebhookRequest, name: string, most: number): string[] {
  const fields = fieldsOf(request);
  if (fields === 'too_large') return [];
  return fields
    .filter((field) => field.name === name)
    .slice(0, most)
    .map(({ start, end }) => request.body.toString('utf8', start, end));
}

function fieldsOf(request: WebhookRequest): readonly Field[] | 'too_large' {
  let fields = readings.get(request);
  if (fields === undefined) {
    const boundary = boundaryOf(request.headers.get('content-type') ?? '');
    fields = boundary === undefined ? [] : readFields(request.body, boundary);
    readings.set(request, fields);
  }
  return fields;
}

function boundaryOf(contentType: string): string | undefined {
  if (!isMultipart(contentType)) return undefined;
  const boundary = parameter(contentType, 'boundary');
  // RFC 2046 allows 70 characters, and some writers use more.
  return boundary && boundary.length <= 200 ? boundary : undefined;
}

function readFields(body: Buffer, boundary: string): readonly Field[] | 'too_large' {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const fields: Field[] = [];
  let here = firstDelimiter(body, delimiter);
  for (let parts = 0; here && !here.last; parts++) {
    if (parts === MAX_PARTS) return 'too_large';
    const next = nextDelimiter(body, delimiter, here.end);
    // A part without a delimiter after it was cut off.
    if (!next) break;
    const field = readPart(body, here.end, next.start);
    if (field) fields.push(field);
    here = next;
  }
  return fields;
}

interface Delimiter {
  start: number;
  /** The position of the line break after it. */
  end: number;
  last: boolean;
}

/** The first delimiter may be at the very start of the body, without a line break before it. */
function firstDelimiter(body: Buffer, delimiter: Buffer): Delimiter | undefined {
  const opening = delimiter.subarray(2);
  const atStart = body.subarray(0, opening.length).equals(opening);
  return (atStart ? delimiterAt(body, -2, delimiter.length) : undefined) ?? nextDelimiter(body, delimiter, 0);
}

function nextDelimiter(body: Buffer, delimiter: Buffer, from: number): Delimiter | undefined {
  for (let at = body.indexOf(delimiter, from); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    const found = delimiterAt(body, at, delimiter.length);
    if (found) return found;
  }
  return undefined;
}

/** Undefined where the same bytes begin a longer boundary, or are part of a value. */
function delimiterAt(body: Buffer, start: number, length: number): Delimiter | undefined {
  let end = start + length;
  if (body[end] === DASH && body[end + 1] === DASH) return { start, end, last: true };
  while (body[end] === SPACE || body[end] === TAB) end++;
  return body[end] === CR && body[end + 1] === LF ? { start, end, last: false } : undefined;
}

function readPart(body: Buffer, start: number, end: number): Field | undefined {
  const head = body.subarray(start, Math.min(start + MAX_HEAD, end)).indexOf(HEAD_END);
  if (head < 0) return undefined;
  const lines = body.toString('utf8', start, start + head).split('\r\n');
  const dispositions = lines.filter((line) => /^content-disposition[ \t]*:/i.test(line));
  const [, disposition] = /^[^:]*:[ \t]*form-data(?=[ \t]*;)(.*)$/i.exec(dispositions[0] ?? '') ?? [];
  if (dispositions.length !== 1 || disposition === undefined) return undefined;
  const name = parameter(disposition, 'name');
  const isFile = parameter(disposition, 'filename') !== null || parameter(disposition, 'filename*') !== null;
  return name && !isFile ? { name, start: start + head + HEAD_END.length, end } : undefined;
}

/**
 * A parameter of a header value, `; name=value` or `; name="value"`. Escaped quotes are decoded in both ways of writing
 * them: `\"` of libraries and `%22` of browsers.
 * @returns null when it is missing, undefined when it occurs twice or the parameters are malformed
 */
function parameter(header: string, wanted: string): string | null | undefined {
  const mark = header.indexOf(';');
  if (mark < 0) return null;
  // Sticky, so that the text is read once from left to right.
  const next = /[ \t]*;[ \t]*(?:([^\s=;"]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*)))?[ \t]*/y;
  next.lastIndex = mark;
  let found: string | null = null;
  while (next.lastIndex < header.length) {
    const match = next.exec(header);
    if (!match) return undefined;
    const [, name, quoted, plain] = match;
    if (name?.toLowerCase() !== wanted) continue;
    if (found !== null) return undefined;
    found = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"');
  }
  return found;
}
