/** Only a text with one of these words can hold such a statement. Most texts of handlers have none. */
const CANDIDATE = /\b(?:begin|start|commit|end|abort|rollback|prepare)\b/i;

/**
 * Finds the first statement of an SQL text that begins or ends a transaction, and returns its keywords: `BEGIN`,
 * `COMMIT`, `ROLLBACK` and their synonyms, and the commands of two-phase commit. Savepoints do not count, because they
 * stay inside the transaction. Comments, quoted text and bodies of functions are skipped as PostgreSQL does with its
 * default settings.
 * @returns undefined when the text has no such statement
 */
export function transactionControlIn(sql: string): string | undefined {
  if (!CANDIDATE.test(sql)) return undefined;
  for (const words of statementsIn(sql)) {
    const [first = '', second = '', third = ''] = words;
    if (first === 'ROLLBACK') {
      const next = second === 'WORK' || second === 'TRANSACTION' ? third : second;
      if (next !== 'TO') return second === 'PREPARED' ? 'ROLLBACK PREPARED' : first;
    } else if (first === 'COMMIT') return second === 'PREPARED' ? 'COMMIT PREPARED' : first;
    else if (first === 'BEGIN' || first === 'END' || first === 'ABORT') return first;
    else if ((first === 'START' || first === 'PREPARE') && second === 'TRANSACTION') return `${first} ${second}`;
  }
  return undefined;
}

const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
/** A doubled quote reads as the end of one string and the start of the next, which makes no difference here. */
const STRING = /'[^']*(?:'|$)/y;
const IDENTIFIER = /"[^"]*(?:"|$)/y;

/** The first three words of each statement, in capitals. */
function* statementsIn(sql: string): Generator<string[]> {
  let words: string[] = [];
  let last = '';
  let parentheses = 0;
  /** Open blocks of a function body that begins with BEGIN ATOMIC; semicolons in it do not end a statement. */
  let blocks = 0;
  let at = 0;
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(sql)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < sql.length) {
    if (read(SPACE) !== undefined || read(LINE_COMMENT) !== undefined) continue;
    if (sql.startsWith('/*', at)) {
      at = afterComment(sql, at);
      continue;
    }
    const word = read(WORD)?.toUpperCase();
    if (word !== undefined) {
      if (word === 'E' && sql[at] === "'") at = afterEscapeString(sql, at + 1);
      if (blocks > 0 || (word === 'ATOMIC' && last === 'BEGIN' && words[0] === 'CREATE')) {
        if (word === 'ATOMIC' || word === 'CASE') blocks++;
        else if (word === 'END') blocks--;
      }
      if (words.length < 3) words.push(word);
      last = word;
      continue;
    }
    last = '';
    if (read(STRING) !== undefined || read(IDENTIFIER) !== undefined) continue;
    const tag = read(DOLLAR);
    if (tag !== undefined) {
      const end = sql.indexOf(tag, at);
      at = end < 0 ? sql.length : end + tag.length;
      continue;
    }
    const character = sql[at++];
    if (character === '(') parentheses++;
    else if (character === ')') parentheses--;
    else if (character === ';' && parentheses <= 0 && blocks === 0) {
      yield words;
      words = [];
      parentheses = 0;
    }
  }
  yield words;
}

/** A backslash escapes in strings that begin with E. */
function afterEscapeString(sql: string, start: number): number {
  const marks = /[\\']/g;
  marks.lastIndex = start;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    if (mark[0] === "'" && sql[marks.lastIndex] !== "'") return marks.lastIndex;
    // The next character belongs to this one.
    marks.lastIndex++;
  }
  return sql.length;
}

/** Comments of PostgreSQL nest. */
function afterComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}
