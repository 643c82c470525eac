/** The default length at which texts for a log are cut, in UTF-16 units. */
export const LOGGED_LENGTH = 2_048;

/**
 * A text is searched this far beyond the cut, so that a secret which the cut would divide is found whole. The longest
 * pattern below fits into it.
 */
const MARGIN = 1_024;

/**
 * Patterns of Paggio's secrets, and of credentials in a URL or a header. Every part has an upper bound or
 * starts with a fixed word, so that the time grows with the length of the text and no faster.
 */
const patterns: readonly [RegExp, string][] = [
  [/pk_(live|test)_[0-9A-Za-z]{8,}/g, 'pk_$1_***'],
  [/whsec_[A-Za-z0-9+/=_-]{8,}/g, 'whsec_***'],
  [/\b(Bearer|Basic) {1,16}[A-Za-z0-9+/=._~-]{4,}/gi, '$1 ***'],
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:@/"]{0,256}):[^\s/"]{1,512}@/gi, '$1:***@'],
  // All values of a query are hidden, because receivers put tokens there.
  [/([?&][^\s?&=#"]{1,64}=)[^\s&#"']{1,512}/g, '$1***'],
];

/**
 * Prepares a text for a log. It hides what looks like a secret, and cuts the text at `limit`.
 * @param limit the most UTF-16 units that are kept; a note about the rest follows them
 */
export function redact(text: string, limit = LOGGED_LENGTH): string {
  const searched = text.length > limit + MARGIN ? text.slice(0, limit + MARGIN) : text;
  const shown = patterns.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), searched);
  if (text.length === searched.length && shown.length <= limit) return shown;
  return `${shown.slice(0, limit).toWellFormed()}... (${text.length} characters)`;
}

/** Control characters, marks that change the direction of a line, and invisible characters. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Escapes every character that could end a line or control a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escapeOf).toWellFormed();
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOf(character: string): string {
  return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
