import { HeaderList } from '@paggio/core';

/** The values of a header, in wire order. */
export function valuesOf(rawHeaders: readonly string[], lowerCaseName: string): string[] {
  return new HeaderList(rawHeaders).all(lowerCaseName);
}

/** Headers as `writeHead` takes them: an array where a name is repeated. */
export function headerObject(headers: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const before = object[name];
    object[name] = before === undefined ? value : [before, value].flat();
  }
  return object;
}
