/** Writes headers as `Name: value`, one per line. */
export function toHeaderLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** Parses `Name: value` lines. Returns null if a line is not a header. */
export function fromHeaderLines(lines: string): Record<string, string> | null {
  const headers: [string, string][] = [];
  for (const line of lines.split('\n')) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  return Object.fromEntries(headers);
}

/** Splits a text into words at white space and commas. */
export function toWords(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
