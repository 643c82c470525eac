/** The name of a member on the wire: `eventTypes` becomes `event_types`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
