/**
 * Decodes UTF-8, and keeps a byte order mark.
 * @param cut whether the bytes may end in the middle of a character, which is then left out
 * @returns null if the bytes are not UTF-8
 */
export function toText(bytes: Uint8Array, cut = false): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut });
  } catch {
    return null;
  }
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
