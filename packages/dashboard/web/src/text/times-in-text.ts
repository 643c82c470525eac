/** A part of a text: plain words, or a time exactly as the text has it. */
export type Piece = string | { iso: string };

// Date, time and offset are all required: without them the moment is ambiguous.
const ISO_TIME = /(?<![\w.:+-])\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)(?![\w:+-]|\.\d)/g;

/**
 * Splits a text at its ISO 8601 times, so that a page can show them in the reader's time zone. The pieces in order make
 * up the whole text. An impossible time, such as 30 February, stays part of the words.
 */
export function toPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { 0: iso, index } of text.matchAll(ISO_TIME)) {
    if (!isMoment(iso)) continue;
    if (index > end) pieces.push(text.slice(end, index));
    pieces.push({ iso });
    end = index + iso.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

function isMoment(iso: string): boolean {
  if (Number.isNaN(Date.parse(iso))) return false;
  // Browsers parse 30 February as 2 March.
  const day = iso.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
