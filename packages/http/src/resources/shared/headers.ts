/** Received headers as an object: lower-case names, and an array where one is repeated. */
export function toHeaders(raw: readonly string[]): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    const known = headers.get(name);
    if (known === undefined) headers.set(name, value);
    else headers.set(name, typeof known === 'string' ? [known, value] : [...known, value]);
  }
  return Object.fromEntries(headers);
}
