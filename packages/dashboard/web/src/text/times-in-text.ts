/** A part of a text: words as they are, or a time as the text wrote it. */
export type Piece = string | { iso: string };

// Date, time and offset must all be there: without them nobody knows which moment is meant.
const ISO_TIME = /(?<![\w.:+-])\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)(?![\w:+-]|\.\d)/g;

/**
 * Splits a text at the ISO 8601 times in it, so that a page can show them in the reader's time zone. The pieces in
 * order, with the times as written, are the whole text. A time that no calendar has stays part of the words.
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
  // Browsers take 30 February for 2 March.
  const day = iso.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
