import { isUtf8 } from 'node:buffer';
import { JsonWalk } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import { JsonText } from '../../json-text';

/** The largest body that is shown as JSON, in bytes. */
const JSON_LIMIT = 1024 * 1024;
/** The deepest nesting that is shown as JSON, because parsers of clients have limits of their own. */
const MAX_DEPTH = 512;

/** The body of a request in an answer. `payload` is narrower than in the document, which cannot say what a `JsonText` is. */
export interface Payload extends Pick<Wire.Event, 'payload_format'> {
  payload: JsonText | string | null;
}

/**
 * A body as the API shows it. JSON of up to 1 MiB and 512 levels is copied into the answer byte for byte, so numbers of
 * any size, repeated names and white space stay as they were sent. Any other UTF-8 is a string. Other bytes are null,
 * and `/raw` has them.
 */
export function toPayload(body: Buffer): Payload {
  if (!isUtf8(body)) return { payload: null, payload_format: 'binary' };
  const text = body.toString('utf8');
  return body.length <= JSON_LIMIT && isJson(body)
    ? { payload: new JsonText(text), payload_format: 'json' }
    : { payload: text, payload_format: 'text' };
}

/** Whether UTF-8 is one JSON text. No values are made, so the cost does not depend on what the JSON describes. */
function isJson(bytes: Buffer): boolean {
  const walk = new JsonWalk(bytes, { maxDepth: MAX_DEPTH });
  for (;;) {
    const token = walk.next();
    if (token === 'end') return true;
    if (token === 'wrong' || token === 'too_deep') return false;
  }
}
