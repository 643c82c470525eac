// Type-checks the examples of the documentation against the built packages: every TypeScript block of README.md,
// CONTRIBUTING.md, docs and the READMEs of the packages, and every @example of a docstring. It reports the file and
// line of an example that does not compile. The names that examples may use without declaring them are in globals.d.ts.
// Part of npm run types, which builds first.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../prepare.mjs';

/** Pages where a global differs from globals.d.ts. An example that declares the name itself does not need this. */
const contexts = {
  'docs/api.md': { paggio: `declare const paggio: import('@paggio/client').PaggioClient` },
  // The second block of the page calls the function of the first.
  'docs/recipes/local-development.md': {
    forward: `declare const forward: (paggio: import('@paggio/client').PaggioClient, url: string) => Promise<void>`,
  },
  'packages/http/src/fetch-handler.ts': {
    app: `declare const app: import('hono').Hono`,
    handle: `declare const handle: import('@paggio/http').FetchHandler`,
  },
  'packages/koa/src/index.ts': {
    app: `declare const app: import('koa')`,
    paggioMiddleware: `declare const { paggioMiddleware }: typeof import('@paggio/koa')`,
  },
};

const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...packages.map((path) => `${path}/README.md`),
  ...filesIn('docs', '.md'),
];
const sources = packages
  .flatMap((path) => filesIn(`${path}/src`, '.ts'))
  .filter((path) => !/\.(test|full)\.ts$/.test(path));

/** Examples as modules of an app that has all hosts installed. */
const examples = [...pages.map(blocksOf), ...sources.map(docstringsOf)].flat().map(({ path, line, code }) => {
  const own = (name) => new RegExp(`\\b(const|let|class|function) ${name}\\b|^import .*\\b${name}\\b`, 'm').test(code);
  const declared = Object.entries(contexts[path] ?? {}).flatMap(([name, text]) => (own(name) ? [] : [`${text};`]));
  const file = join(root, 'apps/examples', `${path.replaceAll(/\W/g, '-')}-${line}.ts`);
  // The additions are on the first line, so that line numbers stay those of the page.
  return { path, line, file, text: ['export {};', ...declared, code].join(' ') };
});

/** The TypeScript blocks of a page. `line` is the line before the first line of code, counted from 1. */
function blocksOf(path) {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  return lines.flatMap((text, index) => {
    const [, indent] = /^( *)```tsx?$/.exec(text) ?? [];
    if (indent === undefined) return [];
    const code = lines.slice(index + 1, lines.indexOf(`${indent}\`\`\``, index));
    return [{ path, line: index + 1, code: code.join('\n') }];
  });
}

/** The examples of the docstrings of a source. */
function docstringsOf(path) {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  return lines.flatMap((text, index) => {
    if (!/^ *\* @example$/.test(text)) return [];
    const rest = lines.slice(index + 1);
    const code = rest.slice(
      0,
      rest.findIndex((one) => /^ *\*(\/| @)/.test(one)),
    );
    return [
      { path, line: index + 1, code: code.map((one) => one.replace(/^ *\* ?/, '').replace('\\@', '@')).join('\n') },
    ];
  });
}

const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile).config.compilerOptions,
    // Examples await at their top level.
    module: 'esnext',
    moduleResolution: 'bundler',
    composite: false,
    incremental: false,
    declaration: false,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  root,
);
const virtual = new Map(examples.map(({ file, text }) => [file, text]));
const parsed = new Map();
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
host.fileExists = (file) => virtual.has(file) || fileExists(file);
host.readFile = (file) => virtual.get(file) ?? readFile(file);
host.getSourceFile = (file, language) => {
  if (!parsed.has(file)) {
    const text = virtual.get(file);
    parsed.set(file, text === undefined ? getSourceFile(file, language) : ts.createSourceFile(file, text, language));
  }
  return parsed.get(file);
};

const globals = join(root, 'scripts/docs-examples/globals.d.ts');
// If an example declares something for a module, it would apply to all examples of the same program.
const augments = ({ text }) => /^declare module|export \{\}; declare module/m.test(text);
const programs = [examples.filter((one) => !augments(one)), ...examples.filter(augments).map((one) => [one])];
let failures = 0;
for (const group of programs) {
  const files = [globals, ...group.map(({ file }) => file)];
  const program = ts.createProgram(files, options, host);
  const faults = files
    .map((file) => program.getSourceFile(file))
    .flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]);
  for (const { file, start, messageText } of faults) {
    failures++;
    const example = group.find((one) => one.file === file.fileName);
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    const place = example ? `${example.path}:${example.line + line}` : `scripts/docs-examples/globals.d.ts:${line}`;
    console.error(`${place} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  }
}
if (failures > 0) process.exit(1);
console.log(`${examples.length} examples of the documentation compile.`);
