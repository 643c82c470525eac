import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../../../..');

/**
 * What a file with a pattern contains: a slash where a value may begin, which is at the start of a line, after an operator,
 * a bracket or a word such as `return`, and which is not the end of a JSX element; or a name that makes a pattern of a
 * text. Parsing the other files would double the time.
 */
const MAY_CONTAIN =
  /(?:[(,=:[!&|?{;+~^>-]|\b(?:return|typeof|void|delete|case|in|of|throw|else|do|await|yield))\s*\/(?![/*])|(?:^|\})\s*\/(?![/*>])|RegExp|\.(?:match|matchAll|search)\b\s*(?:\?\.)?\(/m;

export interface ProductPattern {
  /** The path from the root of the repository, and the line. */
  place: string;
  /** Null if the pattern is known only at run time. */
  pattern: RegExp | null;
  text: string;
}

/** Lists every regular expression in production code: literals, `new RegExp`, and texts that become one. */
export function productPatterns(): ProductPattern[] {
  return sourceFiles().flatMap((file) => patternsIn(file, readFileSync(file, 'utf8')));
}

function sourceFiles(): string[] {
  const folders = readdirSync(join(ROOT, 'packages')).flatMap((name) => [
    join(ROOT, 'packages', name, 'src'),
    join(ROOT, 'packages', name, 'web'),
  ]);
  return [...folders, join(ROOT, 'apps/server/src')].flatMap(filesIn);
}

function filesIn(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return ['testing', 'browser', 'node_modules', 'dist'].includes(entry.name) ? [] : filesIn(path);
    return /\.[cm]?[jt]sx?$/.test(entry.name) && !/\.(?:test|full)\./.test(entry.name) ? [path] : [];
  });
}

export function patternsIn(file: string, source: string): ProductPattern[] {
  if (!MAY_CONTAIN.test(source)) return [];
  const found: ProductPattern[] = [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
  const add = (node: ts.Node, pattern: RegExp | null): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    found.push({ place: `${relative(ROOT, file)}:${line}`, pattern, text: node.getText(tree) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) add(node, literal(node.text));
    else if (isRegExpCall(node, tree)) add(node, made(node.arguments ?? [], tree));
    else if (isTextSearch(node)) add(node, null);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function literal(text: string): RegExp {
  const end = text.lastIndexOf('/');
  return new RegExp(text.slice(1, end), text.slice(end + 1));
}

function isRegExpCall(node: ts.Node, tree: ts.SourceFile): node is ts.NewExpression | ts.CallExpression {
  return (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText(tree) === 'RegExp';
}

/** Whether a call turns a text into a regular expression, as `match` and `search` of a string do. */
function isTextSearch(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const [given, ...more] = node.arguments;
  return (
    // The string methods take one argument. Other methods with these names, such as a router's, take more.
    more.length === 0 &&
    ['match', 'matchAll', 'search'].includes(node.expression.name.text) &&
    given !== undefined &&
    (ts.isStringLiteralLike(given) || ts.isTemplateExpression(given))
  );
}

/** The named text constants of a file, which may be parts of patterns. */
function constantsIn(tree: ts.SourceFile): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations)
      if (initializer && ts.isStringLiteralLike(initializer)) found.set(name.getText(tree), initializer.text);
  }
  return found;
}

/**
 * Builds the pattern of a `RegExp` call. Anything that is not a constant counts as a word: code that builds a pattern
 * must escape it, and the test lists that code.
 */
function made(given: readonly ts.Expression[], tree: ts.SourceFile): RegExp | null {
  const [pattern, flags] = given;
  const flagText = flags === undefined ? '' : ts.isStringLiteralLike(flags) ? flags.text : null;
  if (!pattern || flagText === null) return null;
  if (ts.isStringLiteralLike(pattern)) return new RegExp(pattern.text, flagText);
  if (!ts.isTemplateExpression(pattern)) return null;
  const constants = constantsIn(tree);
  const text = pattern.templateSpans.reduce(
    (rest, { expression, literal: { text: behind } }) =>
      rest + (constants.get(expression.getText(tree)) ?? 'word') + behind,
    pattern.head.text,
  );
  return new RegExp(text, flagText);
}
