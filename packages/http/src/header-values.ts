/** The values of a header, in wire order. */
export function valuesOf(rawHeaders: readonly string[], lowerCaseName: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && (rawHeaders[index - 1] as string).toLowerCase() === lowerCaseName,
  );
}
