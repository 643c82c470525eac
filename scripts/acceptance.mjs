// npm run acceptance: writes docs/acceptance.md from the names of the tests, which end with the codes of the
// requirements that they prove: 'a repeated header is refused [SIG-05]'. With --check it writes nothing, and fails when
// the page is out of date or a code is anywhere else in a test. npm run check does that.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs/acceptance.md');

const areas = {
  AUZ: 'API keys, scopes, isolation of users, secrets',
  CRA: 'Crashes, outages, clocks and upgrades',
  DEL: 'Delivery, retries, order, replays',
  EMB: 'Paggio inside an app of yours',
  ING: 'Taking requests in',
  LOA: 'Load and fairness',
  SIG: 'Signatures',
  SSR: 'Addresses that deliveries must not reach',
  UIX: 'The dashboard',
};
const CODE = `(?:${Object.keys(areas).join('|')})-\\d{2}`;
const CODES = `${CODE}(?:(?:, | and | to )${CODE})*`;
// A text in quotes that ends with codes in brackets.
const NAME = new RegExp(`(['"\`])((?:\\\\.|(?!\\1)[^\\\\\\n])*?) \\[(${CODES})\\]\\1`, 'g');
const SCENARIO = new RegExp(`^/\\*\\* Acceptance cases? (${CODES})[:,] (.+?) \\*/$`, 'gm');

function* filesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist'].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

/** `SSR-01 to SSR-03` are three codes. */
function expand(codes) {
  return codes.split(/, | and /).flatMap((part) => {
    const [first, last] = part.split(' to ');
    if (last === undefined) return [first];
    const [from, to] = [first, last].map((code) => Number(code.slice(4)));
    return Array.from({ length: to - from + 1 }, (_, n) => `${first.slice(0, 4)}${String(from + n).padStart(2, '0')}`);
  });
}

/** The lines of the page, by code. */
const proofs = new Map();
const misplaced = [];

function prove(codes, name, file) {
  for (const code of expand(codes)) {
    const shown = name.replace(/%[a-z]/g, '…');
    const line = `- ${shown.replace(/\\(['"`])/g, '$1').replace(/[<*_[\]|]/g, '\\$&')} ([${file.split('/').pop()}](../${file}))`;
    proofs.set(code, [...(proofs.get(code) ?? []), line]);
  }
}

for (const path of ['packages', 'apps'].flatMap((folder) => [...filesOf(join(root, folder))])) {
  const file = relative(root, path).split(sep).join('/');
  const text = readFileSync(path, 'utf8');
  if (file.startsWith('apps/ledger/src/scenarios/')) {
    for (const [, codes, name] of text.matchAll(SCENARIO)) prove(codes, `Ledger: ${name.replace(/\.$/, '')}`, file);
  } else if (/\.(test|full)\.tsx?$/.test(file) || file.includes('/testing/')) {
    for (const [, , name, codes] of text.matchAll(NAME)) prove(codes, name, file);
    const rest = text.replace(NAME, '$1$2$1');
    for (const found of rest.matchAll(new RegExp(`\\b${CODE}\\b`, 'g')))
      misplaced.push(`${file}:${rest.slice(0, found.index).split('\n').length}: ${found[0]}`);
  }
}

const lines = [
  '# Acceptance',
  '',
  'Each code is a requirement, and the tests below it prove it. `npm run acceptance` writes this page from the names of the tests. Names that begin with "Ledger" are scenarios of `npm run ledger` ([reliability.md](reliability.md)).',
];
for (const [area, title] of Object.entries(areas)) {
  lines.push('', `## ${area}: ${title}`);
  for (const code of [...proofs.keys()].filter((one) => one.startsWith(area)).sort())
    lines.push('', `### ${code}`, '', ...new Set(proofs.get(code)));
}
const text = `${lines.join('\n')}\n`;

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (misplaced.length > 0) {
  console.error(`Codes of requirements belong to the end of a test's name, as [CRA-11]:\n  ${misplaced.join('\n  ')}`);
  process.exit(1);
} else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/acceptance.md is out of date. Run npm run acceptance.');
  process.exit(1);
}
