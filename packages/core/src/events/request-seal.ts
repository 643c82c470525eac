import type { CarryingRequest, Credentials } from './credentials';
import { decodeHeaders, encodeHeaders } from './stored-headers';
import type { Lock } from './lock';
import { MissingMasterKey, type SecretBox } from '../secrets/secret-box';

/** A request as its row holds it. */
export interface StoredRequest {
  headers: Buffer;
  query: string;
  body: Buffer;
  /** Its encrypted credentials. `null` means that it carries none, and everything else is as it arrived. */
  sealed: string | null;
}

export interface OpenedRequest {
  rawHeaders: string[];
  query: string;
  body: Buffer;
  /** The positions of the credentials that were encrypted. */
  credentials: Credentials | null;
  /**
   * Why the credentials cannot be decrypted. If so, placeholders are in their places, and the request must not be sent.
   */
  locked: Lock | false;
}

/** Positions as in `Credentials`, each with its value. Bytes of the body are Latin-1. */
interface Values {
  headers: [number, string][];
  query: [number, string][];
  body: [number, string][];
}

const PLACEHOLDER = '***';
const ASTERISK = 0x2a;

/**
 * The name of the first header in rows whose credentials are encrypted. HTTP cannot carry this name. An older version,
 * which does not know about encrypted credentials, takes the row for a whole request and fails to send it. So it never
 * sends a placeholder.
 */
const MARK = 'paggio-sealed\u0000';

/**
 * The place of an event's credentials. Copies of an event have the same bytes and the same origin, so they share it.
 */
export function eventPlace(userId: string, originId: string): string {
  return `${userId}|events|${originId}|sealed`;
}

export function rejectionPlace(userId: string, id: string): string {
  return `${userId}|rejections|${id}|sealed`;
}

/**
 * Takes the credentials out of requests before they are stored, and puts them back later. Placeholders keep their
 * places: `***` in headers and in the query, and in the body as many asterisks as there were bytes, so that its size
 * stays the same.
 */
export class RequestSeal {
  constructor(private readonly box: SecretBox) {}

  /** @param place authenticated with the values, so that they cannot be decrypted in another row */
  seal(request: CarryingRequest, credentials: Credentials | null, place: string): StoredRequest {
    const { rawHeaders, query, body } = request;
    if (credentials === null) return { headers: encodeHeaders(rawHeaders), query, body, sealed: null };
    const headers = [...rawHeaders];
    const pairs = query.split('&');
    const stored = credentials.spans.length === 0 ? body : Buffer.from(body);
    const values: Values = { headers: [], query: [], body: [] };
    for (const position of credentials.headers) {
      values.headers.push([position, headers[position] as string]);
      headers[position] = PLACEHOLDER;
    }
    for (const position of credentials.parameters) {
      const pair = pairs[position] as string;
      const value = pair.indexOf('=') + 1;
      values.query.push([position, pair.slice(value)]);
      pairs[position] = pair.slice(0, value) + PLACEHOLDER;
    }
    for (const { start, end } of credentials.spans) {
      values.body.push([start, body.toString('latin1', start, end)]);
      stored.fill(ASTERISK, start, end);
    }
    return {
      headers: encodeHeaders([MARK, '', ...headers]),
      query: pairs.join('&'),
      body: stored,
      sealed: this.box.seal(JSON.stringify(values), place),
    };
  }

  /** Never throws, so that a request whose credentials cannot be decrypted can still be shown. */
  open({ headers, query, body, sealed }: StoredRequest, place: string): OpenedRequest {
    const rawHeaders = decodeHeaders(headers);
    const marked = rawHeaders[0] === MARK;
    if (!marked && sealed === null) return { rawHeaders, query, body, credentials: null, locked: false };
    if (marked) rawHeaders.splice(0, 2);
    try {
      // A copy that an older version made has the placeholders but not the values.
      if (sealed === null) throw new Error('The values are not here.');
      return putBack(JSON.parse(this.box.open(sealed, place)) as Values, { rawHeaders, query, body });
    } catch (error) {
      const locked = error instanceof MissingMasterKey ? 'key_missing' : 'damaged';
      return { rawHeaders, query, body, credentials: null, locked };
    }
  }
}

/** @throws Error when a place is missing, because somebody changed the row */
function putBack(values: Values, { rawHeaders, query, body }: CarryingRequest): OpenedRequest {
  const headers = [...rawHeaders];
  const pairs = query.split('&');
  const whole = values.body.length === 0 ? body : Buffer.from(body);
  for (const [position, value] of values.headers) {
    if (headers[position] !== PLACEHOLDER) throw new Error('There is no such header.');
    headers[position] = value;
  }
  for (const [position, value] of values.query) {
    const pair = pairs[position];
    if (!pair?.endsWith(`=${PLACEHOLDER}`)) throw new Error('There is no such parameter.');
    pairs[position] = pair.slice(0, -PLACEHOLDER.length) + value;
  }
  for (const [start, value] of values.body) whole.write(value, start, 'latin1');
  return {
    rawHeaders: headers,
    query: pairs.join('&'),
    body: whole,
    credentials: {
      headers: values.headers.map(([position]) => position),
      parameters: values.query.map(([position]) => position),
      spans: values.body.map(([start, value]) => ({ start, end: start + value.length })),
    },
    locked: false,
  };
}
