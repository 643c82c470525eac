/**
 * The steps of a JSON pointer (RFC 6901) such as `/data/items/0`, which must begin with a slash.
 * @returns undefined when the text has an escape other than `~0` and `~1`
 */
export function parsePointer(text: string): string[] | undefined {
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
