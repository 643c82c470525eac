const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');

const ROOT = join(__dirname, '..', '..');
const OWN = new RegExp(`^${RegExp.escape ? RegExp.escape(ROOT) : ROOT}/(packages|apps)/[^/]+/src/.*\\.ts$`);
const OF_TESTS = /\/(testing|browser)\/|\.(test|full)\.ts$/;
const MOCKS = /\bjest\s*\.\s*(mock|doMock|unmock|dontMock|setMock|resetModules|isolateModules|isolateModulesAsync|unstable_)/;

let current;
const maps = new Map();

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (name, parent, ...rest) {
  if (parent && OWN.test(parent.filename ?? '') && !name.startsWith('.') && current) {
    for (const [pattern, target] of current.mapper) {
      const found = pattern.exec(name);
      if (found) return target.replace(/\$(\d)/g, (_, n) => found[n]);
    }
  }
  return resolveFilename.call(this, name, parent, ...rest);
};
Module._extensions['.ts'] = (module, filename) => module._compile(current.code(filename), filename);

class SharedSources {
  constructor(runtime, testPath) {
    this.runtime = runtime;
    this.mapper = runtime._config.moduleNameMapper.map(([pattern, target]) => [new RegExp(pattern), target]);
    this.alone = MOCKS.test(readFileSync(testPath, 'utf8'));
    const sourceMaps = runtime.transformCache.sourceMaps;
    for (const [file, map] of maps) sourceMaps.set(file, map);
    current = this;
  }

  has(file) {
    return file !== undefined && !this.alone && OWN.test(file) && !OF_TESTS.test(file);
  }

  code(filename) {
    if (process.env.DBG) require('node:fs').appendFileSync('/tmp/dbg.txt', process.pid + ' ' + filename + '\n');
    const { transformCache } = this.runtime;
    const code = transformCache.transform(filename, undefined);
    const map = transformCache.sourceMaps.get(filename);
    if (map) maps.set(filename, map);
    return code;
  }
}

module.exports = { SharedSources };
