// Makes the bundle that the server starts from (src/bundle.ts), unless it is up to date. Run it after the compiler.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const { bundleToMake } = createRequire(import.meta.url)('./dist/bundle.js');
const bundle = bundleToMake();
if (bundle === undefined) throw new Error('The packages have not been compiled.');
const directory = dirname(bundle.source);

// A server that starts meanwhile finds a whole file or none.
const put = (file, content) => {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, file);
};

/** Tells modules the folder that they come from, where they look for files. */
const folders = {
  name: 'folders',
  transform(code, id) {
    if (!/\b__(?:dirname|filename)\b/.test(code)) return undefined;
    const place = (path) => `(require('node:path').join(__dirname, ${JSON.stringify(relative(directory, path))}))`;
    return {
      code: code.replace(/\b__(dirname|filename)\b/g, (_, name) => place(name === 'dirname' ? dirname(id) : id)),
    };
  },
};

if (!existsSync(bundle.source)) {
  const made = await rolldown({
    input: fileURLToPath(new URL('dist/run.js', import.meta.url)),
    platform: 'node',
    plugins: [folders],
    // Drivers of other databases and parts of Nest that are not installed stay as they are: nothing asks for them.
    onLog(level, log, print) {
      if (log.code !== 'UNRESOLVED_IMPORT') print(level, log);
    },
  });
  const { output } = await made.generate({
    format: 'cjs',
    codeSplitting: false,
    keepNames: true,
    // V8 keeps the text in memory, with two bytes for each character if one of them needs two.
    charset: 'ascii',
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  await made.close();
  mkdirSync(directory, { recursive: true });
  put(bundle.source, output[0].code);
}
if (!existsSync(bundle.code)) {
  const script = bundle.compile();
  bundle.load(script);
  put(bundle.code, script.createCachedData());
}
for (const name of readdirSync(directory))
  if (!name.startsWith(basename(bundle.source, '.js'))) rmSync(join(directory, name), { force: true });
