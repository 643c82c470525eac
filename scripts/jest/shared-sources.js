const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, relative, sep } = require('node:path');

const ROOT = join(__dirname, '..', '..');
/** The product's own modules, not those that only tests use. */
const PRODUCT = /^(packages|apps)\/[^/]+\/src\/(?!(.*\/)?(testing|browser)\/)(?!.*\.(test|full|d)\.ts$).*\.ts$/;
/**
 * What a test file must not do to modules that others use too. Ids never go back in time, for instance, so a changed
 * clock would stay in the module that makes them.
 */
const CHANGES =
  /\bjest\s*\.\s*(\w*mock|resetModules|isolateModules(Async)?|useFakeTimers|setSystemTime|spyOn\(\s*Date)\b/i;

/** The sources of the test file that runs now. */
let current;
/** The source maps of the loaded files, which Jest forgets after each test file. */
const sourceMaps = new Map();

/**
 * Loads the modules of the product once per worker, as a process of a user does, so that V8 keeps what it knows about
 * them. Test files and what only they use belong to one test file, as in Jest. So do all modules of a test file that
 * replaces modules or changes the clock.
 */
class SharedSources {
  constructor(runtime, testFile) {
    this.runtime = runtime;
    this.names = runtime._config.moduleNameMapper.map(([pattern, file]) => [new RegExp(pattern), file]);
    this.isAlone = CHANGES.test(readFileSync(testFile, 'utf8'));
    for (const [file, map] of sourceMaps) runtime.transformCache.sourceMaps.set(file, map);
    current = this;
  }

  has(file) {
    return file !== undefined && !this.isAlone && isOfProduct(file);
  }

  /** The file that Jest's `moduleNameMapper` gives for a name, such as `@paggio/core`. */
  fileOf(name) {
    for (const [pattern, file] of this.names) {
      const match = pattern.exec(name);
      if (match) return file.replace(/\$(\d)/g, (_, group) => match[group]);
    }
    return undefined;
  }

  /** The JavaScript of a file. */
  compile(file) {
    const { transformCache } = this.runtime;
    const code = transformCache.transform(file, undefined);
    const map = transformCache.sourceMaps.get(file);
    if (map) sourceMaps.set(file, map);
    return code;
  }
}

function isOfProduct(file) {
  return file.endsWith('.ts') && PRODUCT.test(relative(ROOT, file).replaceAll(sep, '/'));
}

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (name, parent, ...rest) {
  const file = parent?.filename && isOfProduct(parent.filename) ? current?.fileOf(name) : undefined;
  return file ?? resolveFilename.call(this, name, parent, ...rest);
};
Module._extensions['.ts'] = (module, file) => module._compile(current.compile(file), file);

module.exports = { SharedSources };
