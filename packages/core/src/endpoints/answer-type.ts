const TEXT = 'text/plain; charset=utf-8';

const ALLOWED = /^(?:text\/plain|application\/json|application\/xml|text\/xml)(?: *; *charset="?utf-8"?)?$/i;

/** What a content type of an answer has to be, for error messages. */
export const ANSWER_TYPES =
  'text/plain, application/json, application/xml or text/xml, with at most ; charset=utf-8 after it';

/**
 * Whether an answer of a webhook URL may have this content type. The URL is on the origin of the dashboard or of the host
 * application, so a type that a browser runs, such as HTML or SVG, would give its author the rights of the person who opens it.
 */
export function isAnswerType(contentType: string): boolean {
  return ALLOWED.test(contentType);
}

/** Whether HTTP forbids a body in an answer with this status. */
export function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 205 || status === 304;
}

/**
 * The content type that is sent with a body: itself where it is allowed, else plain text. Null for an empty body that has
 * no type. Without a type, browsers would guess one from the body.
 */
export function answerType(contentType: string | null, body: string): string | null {
  if (contentType !== null && isAnswerType(contentType)) return contentType;
  return contentType === null && body === '' ? null : TEXT;
}
