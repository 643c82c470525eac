// npm run prose: looks for phrases that a reader has to read twice, in comments, in texts (messages, names of tests) and in
// the docs. npm run check does it too. It knows phrases and no grammar: that it finds nothing does not make a text good.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { phrases } from './phrases.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Generated from elsewhere, or quotes what others wrote.
const LEFT_OUT = /(^|\/)(CHANGELOG\.md|dist|generated|fixtures|__snapshots__|scripts\/prose)(\/|$)/;

/** Comments and texts of a source file: `{ kind, text, at }` with `at` the offset of the text. */
function* partsOfSource(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const seen = new Set();
  const parts = [];
  const visit = (node) => {
    for (const range of ts.getLeadingCommentRanges(source, node.getFullStart()) ?? [])
      seen.add(`${range.pos}:${range.end}`);
    for (const range of ts.getTrailingCommentRanges(source, node.getEnd()) ?? []) seen.add(`${range.pos}:${range.end}`);
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isText || ts.isJsxText(node)) parts.push({ kind: 'text', text: node.text, at: node.getStart() });
    ts.forEachChild(node, visit);
  };
  visit(file);
  yield* parts;
  for (const range of seen) {
    const [from, to] = range.split(':').map(Number);
    yield {
      kind: 'comment',
      text: source.slice(from, to).replace(/\n\s*(\*|\/\/)?/g, (line) => ' '.padStart(line.length)),
      at: from,
    };
  }
}

/** The prose of a page: code is blanked out. */
function* partsOfPage(source) {
  const blank = (code) => code.replace(/[^\n]/g, ' ');
  yield { kind: 'page', text: source.replace(/^```[\s\S]*?^```/gm, blank).replace(/`[^`\n]*`/g, blank), at: 0 };
}

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => /\.(tsx?|mjs|js|md|yml)$/.test(path) && !LEFT_OUT.test(path));
const wanted = process.argv.slice(2);
const found = new Set();
for (const path of files) {
  if (wanted.length > 0 && !wanted.some((folder) => path.startsWith(folder))) continue;
  const source = readFileSync(join(root, path), 'utf8');
  const parts = /\.(md|yml)$/.test(path) ? partsOfPage(source) : partsOfSource(path, source);
  for (const { kind, text, at } of parts) {
    for (const { pattern, say, only } of phrases) {
      if (only !== undefined && only !== kind) continue;
      for (const match of text.matchAll(pattern)) {
        const line = source.slice(0, at + match.index).split('\n').length;
        found.add(`${path}:${line}: "${match[0].trim()}": ${say}`);
      }
    }
  }
}
for (const one of found) console.error(one);
if (found.size > 0) {
  console.error(`${found.size} phrases to reword`);
  process.exitCode = 1;
}
