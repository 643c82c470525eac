const { statSync } = require('node:fs');
const { sep } = require('node:path');
const { Script } = require('node:vm');
const { default: Runtime } = require('jest-runtime');
const { CurrentTest } = require('./current-test.js');

const INSTALLED = `${sep}node_modules${sep}`;

/** What Jest forgets at the end of a test file, a worker keeps: it concerns the files on the disk only. */
class Kept extends Map {
  clear() {}
}

/** By the id of a project. */
const resolved = new Map();
/** What the TypeScript compiler made of a file, and of which version of it; by project and file. */
const transformed = new Map();
const scripts = new Map();

/**
 * Jest's own runtime, except that Node itself loads the installed packages, once per worker. Jest loads every module again
 * for each test file: that was most of the CPU time of a run. Modules of this repository and mocks are still those of one
 * test file. Needs the environment that shares its global scope, because an object of another scope is no `instanceof` the
 * classes of this one.
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
    // Where a name leads to does not change during a run.
    if (!resolved.has(config.id)) resolved.set(config.id, new Kept());
    resolution.cjsCache = resolved.get(config.id);
    keepTransformed(transformCache, config.id);
  }

  /**
   * The next test file that loads a module does not compile it again, and what was compiled or optimised on the way is
   * there, too. Functions of compileFunction are compiled anew each time.
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
      if (file?.includes(INSTALLED)) return this._environment.load(file);
    }
    return super.requireModule(from, name, options, isRequireActual);
  }

  /** Undefined for a module of Node, and for one that is missing, which Jest reports better. */
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

/** Jest reads a file, hashes it, and reads what swc made of it from its cache; here once per worker and version of the file. */
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
