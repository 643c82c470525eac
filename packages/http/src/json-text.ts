/** JSON text that an answer contains byte for byte. `toJson` writes it; `JSON.stringify` must not. */
export class JsonText {
  constructor(readonly text: string) {}

  /** @throws TypeError always: a place that `toJson` does not write would otherwise show this object instead of its text */
  toJSON(): never {
    throw new TypeError('Only toJson writes a JsonText.');
  }
}

/** An object as JSON. A member that is a `JsonText` is written as it is; deeper ones are refused. */
export function toJson(value: object): string {
  const members = Object.entries(value);
  if (!members.some(([, member]) => member instanceof JsonText)) return JSON.stringify(value);
  const written = members.flatMap(([name, member]: [string, unknown]) => {
    const text = member instanceof JsonText ? member.text : (JSON.stringify(member) as string | undefined);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${written.join(',')}}`;
}
