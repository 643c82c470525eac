const ROW = 16;

/**
 * Formats bytes as a hex dump: rows of an offset, sixteen bytes in hexadecimal, and their printable ASCII characters.
 */
export function toHexRows(bytes: Uint8Array, from = 0): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = [...bytes.subarray(at, at + ROW)];
    const hex = row.map((byte, index) => (index === 8 ? ' ' : '') + byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${(from + at).toString(16).padStart(8, '0')}  ${hex.padEnd(ROW * 3)}  ${ascii}`);
  }
  return rows.join('\n');
}
