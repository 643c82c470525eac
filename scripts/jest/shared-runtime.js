const { sep } = require('node:path');
const { Script } = require('node:vm');
const { default: Runtime } = require('jest-runtime');

const INSTALLED = `${sep}node_modules${sep}`;

/**
 * Jest's own runtime, except that Node itself loads the installed packages, once per worker. Jest loads every module again
 * for each test file: that was most of the CPU time of a run. Modules of this repository and mocks are still those of one
 * test file. Needs the environment that shares its global scope, because an object of another scope is no `instanceof` the
 * classes of this one.
 */
class SharedRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const { executor } = this;
    // Neither is part of Jest's public interface.
    if (typeof executor?.compile !== 'function' || typeof this._resolution?.resolveCjs !== 'function')
      throw new Error('This version of Jest has other insides: adapt scripts/jest/shared-runtime.js to it.');
    // A script, because V8 remembers those: the next test file that loads the module does not compile it again, and what was
    // compiled or optimised on the way is there, too. Functions of compileFunction are compiled anew each time.
    executor.compile = (source, filename) =>
      this._environment.getVmContext() &&
      new Script(`(function(${executor.injectedModuleParameters.join()}){${source}\n})`, {
        filename,
      }).runInThisContext();
  }

  requireModule(from, name, options, isRequireActual) {
    if (!options?.isInternalModule) {
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

module.exports = SharedRuntime;
