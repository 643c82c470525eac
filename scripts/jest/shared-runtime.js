const { statSync } = require('node:fs');
const { sep } = require('node:path');
const { Script } = require('node:vm');
const { default: Runtime } = require('jest-runtime');
const { CurrentTest } = require('./current-test.js');
const { SharedSources } = require('./shared-sources.js');

const INSTALLED = `${sep}node_modules${sep}`;

/** A cache that Jest clears after each test file. Here it stays, because it depends only on files on the disk. */
class Kept extends Map {
  clear() {}
}

/** Resolved module names, by the id of a project. */
const resolved = new Map();
/** The compiled code of a file, and the version of the file; by project and file. */
const transformed = new Map();
const scripts = new Map();

/**
 * Jest's own runtime, except that Node itself loads the installed packages and the product's modules, once per worker.
 * Jest would load every module again for each test file, which took most of the CPU time of a run. Test files, what only
 * they use, and mocks still belong to one test file. It needs the environment with the shared global scope, because an
 * object of another scope is not an `instanceof` the classes of this one.
 */
class SharedRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const { executor, transformCache, _resolution: resolution, _config: config } = this;
    // None of these is part of Jest's public interface.
    if (
      typeof executor?.compile !== 'function' ||
      typeof transformCache?.transform !== 'function' ||
      typeof resolution?.resolveCjs !== 'function' ||
      !(resolution.cjsCache instanceof Map)
    )
      throw new Error('This version of Jest has other insides: adapt scripts/jest/shared-runtime.js to it.');
    executor.compile = (source, filename) =>
      this._environment.getVmContext() &&
      this.scriptOf(
        `(function(${executor.injectedModuleParameters.join()}){${source}\n})`,
        filename,
      ).runInThisContext();
    // A name resolves to the same file during the whole run.
    if (!resolved.has(config.id)) resolved.set(config.id, new Kept());
    resolution.cjsCache = resolved.get(config.id);
    keepTransformed(transformCache, config.id);
    const testFile = args[6];
    this.sources = new SharedSources(this, testFile);
  }

  /**
   * Keeps the compiled script, so that the next test file that loads the module does not compile it again, and V8's
   * optimised code stays too. With `compileFunction`, everything would be compiled again each time.
   */
  scriptOf(source, filename) {
    const known = scripts.get(filename);
    if (known?.source === source) return known.script;
    const script = new Script(source, { filename });
    scripts.set(filename, { source, script });
    return script;
  }

  requireModule(from, name, options, isRequireActual) {
    if (options?.isInternalModule) {
      if (name === 'node:async_hooks' && from.includes(`${sep}jest-circus${sep}`))
        return { AsyncLocalStorage: CurrentTest };
    } else {
      const file = this.fileOf(from, name);
      if (file?.includes(INSTALLED) || this.sources.has(file)) return this._environment.load(file);
    }
    return super.requireModule(from, name, options, isRequireActual);
  }

  /** The file of a module. Undefined for a module of Node, and for a missing one, because Jest's error is better. */
  fileOf(from, name) {
    if (!name) return from;
    if (this._resolution.isCoreModule(name)) return undefined;
    try {
      return this._resolution.resolveCjsStub(from, name) ?? this._resolution.resolveCjs(from, name);
    } catch {
      return undefined;
    }
  }
}

/**
 * For every load, Jest reads the file, hashes it, and reads the code that swc made of it from its cache. Here that
 * happens once per worker and version of the file.
 */
function keepTransformed(transformCache, project) {
  const transform = transformCache.transform.bind(transformCache);
  transformCache.transform = (filename, options) => {
    const key = `${project} ${options?.isInternalModule ?? false} ${filename}`;
    const { mtimeMs, size } = statSync(filename);
    const known = transformed.get(key);
    if (known?.mtimeMs === mtimeMs && known.size === size) {
      const { made, sourceMapPath } = known;
      if (made) transformCache.transforms.set(filename, made);
      if (sourceMapPath) transformCache.sourceMaps.set(filename, sourceMapPath);
      return known.code;
    }
    const code = transform(filename, options);
    const made = transformCache.transforms.get(filename);
    transformed.set(key, { code, made, sourceMapPath: transformCache.sourceMaps.get(filename), mtimeMs, size });
    return code;
  };
}

module.exports = SharedRuntime;
