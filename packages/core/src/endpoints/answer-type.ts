const TEXT = 'text/plain; charset=utf-8';

const ALLOWED = /^(?:text\/plain|application\/json|application\/xml|text\/xml)(?: *; *charset="?utf-8"?)?$/i;

/** The content types that an answer may have, as error messages list them. */
export const ANSWER_TYPES =
  'text/plain, application/json, application/xml or text/xml, with at most ; charset=utf-8 after it';

/**
 * Whether an answer of a webhook URL may have this content type. The URL is on the origin of the dashboard or of the
 * host application. A type that browsers run, such as HTML or SVG, would give its author the rights of the person who
 * opens the URL.
 */
export function isAnswerType(contentType: string): boolean {
  return ALLOWED.test(contentType);
}

/** Whether HTTP forbids a body in an answer with this status. */
export function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 205 || status === 304;
}

/**
 * The content type to send with a body. An allowed type is kept, and any other becomes plain text. A body without a
 * type becomes plain text too, because browsers would guess a type. Returns null for an empty body without a type.
 */
export function answerType(contentType: string | null, body: string): string | null {
  if (contentType !== null && isAnswerType(contentType)) return contentType;
  return contentType === null && body === '' ? null : TEXT;
}
