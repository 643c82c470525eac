/** A destination's words end up in error messages, and text columns hold neither NUL nor lone surrogates. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, 2000);
}
