/**
 * The source text of the members of a JSON object that have a name: usually one or none, with the very bytes it was sent with: numbers of any size, the order and
 * the repetition of keys, and white space inside it stay. The text must be valid JSON.
 */
export function memberSources(json: string, name: string): string[] {
  const first = skipSpace(json, 0);
  if (json[first] !== '{') return [];
  const found: string[] = [];
  let at = skipSpace(json, first + 1);
  while (json[at] !== '}') {
    const keyEnd = endOfString(json, at);
    const key = JSON.parse(json.slice(at, keyEnd)) as string;
    // Behind the colon.
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    if (key === name) found.push(json.slice(start, end));
    at = skipSpace(json, end);
    if (json[at] === ',') at = skipSpace(json, at + 1);
  }
  return found;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (/[ \t\n\r]/.test(json[at] ?? '')) at++;
  return at;
}

/** Behind the closing quote. */
function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfValue(json: string, from: number): number {
  const first = json[from] as string;
  if (first === '"') return endOfString(json, from);
  let at = from;
  if (first !== '{' && first !== '[') {
    while (/[^\s,}\]]/.test(json[at] ?? ',')) at++;
    return at;
  }
  // Brackets of both kinds in one count: the text is valid, so they match.
  let depth = 0;
  do {
    const char = json[at] as string;
    if (char === '"') {
      at = endOfString(json, at);
      continue;
    }
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    at++;
  } while (depth > 0);
  return at;
}
