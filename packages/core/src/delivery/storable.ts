/**
 * Makes a text fit for a text column, which holds neither NUL nor lone surrogates, and cuts it at 2000 characters.
 * Error messages may contain words of a destination.
 */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, 2000);
}
