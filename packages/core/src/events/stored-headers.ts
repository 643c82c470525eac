/**
 * Headers as stored: `Name: value` lines in wire order, each character one byte, so that names, order, case, repetitions
 * and bytes above 0x7f come back exactly. HTTP allows neither a colon in a name nor a line break in a value.
 */
export function encodeHeaders(raw: readonly string[]): Buffer {
  let text = '';
  for (let i = 0; i + 1 < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return Buffer.from(text, 'latin1');
}

/** Names and values in turn, as `rawHeaders`. */
export function decodeHeaders(bytes: Buffer): string[] {
  const raw: string[] = [];
  for (const line of bytes.toString('latin1').split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(': ');
    raw.push(line.slice(0, colon), line.slice(colon + 2));
  }
  return raw;
}
