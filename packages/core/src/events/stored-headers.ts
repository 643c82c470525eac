/**
 * Encodes headers for storage, as `Name: value` lines in wire order with one byte for each character. Names, order,
 * case, repetitions and bytes above 0x7f come back exactly, because HTTP allows neither a colon in a name nor a line
 * break in a value.
 */
export function encodeHeaders(raw: readonly string[]): Buffer {
  let text = '';
  for (let i = 0; i + 1 < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return Buffer.from(text, 'latin1');
}

/** Decodes stored headers. Returns names and values in turn, like `rawHeaders`. */
export function decodeHeaders(bytes: Buffer): string[] {
  const raw: string[] = [];
  for (const line of bytes.toString('latin1').split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(': ');
    raw.push(line.slice(0, colon), line.slice(colon + 2));
  }
  return raw;
}
