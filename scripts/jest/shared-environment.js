const { ModuleMocker } = require('jest-mock');
const { LegacyFakeTimers, ModernFakeTimers } = require('@jest/fake-timers');
require('./rsa-pairs.js');

const timerConfig = {
  idToRef: (id) => ({ id, ref: () => timerConfig.idToRef(id), unref: () => timerConfig.idToRef(id) }),
  refToId: (timer) => timer?.id,
};

/**
 * Runs test files in the global scope of the worker instead of a new one for each file, so that the installed packages are
 * loaded once per worker (see shared-runtime.js). When a file ends, its changes to the global scope, process.env and
 * process.exit are undone.
 */
class SharedEnvironment {
  global = globalThis;
  context = globalThis;
  moduleMocker = new ModuleMocker(globalThis);

  constructor({ projectConfig: config }) {
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis });
    this.fakeTimers = new LegacyFakeTimers({
      config,
      global: globalThis,
      moduleMocker: this.moduleMocker,
      timerConfig,
    });
    this.before = Object.getOwnPropertyDescriptors(globalThis);
    this.environmentBefore = { ...process.env };
    this.exitBefore = process.exit;
  }

  async setup() {}

  async teardown() {
    this.fakeTimers.dispose();
    this.fakeTimersModern.dispose();
    this.context = null;
    // The next test file uses the same classes.
    this.moduleMocker.restoreAllMocks();
    // Properties that cannot be removed, such as the matchers of expect, may stay.
    for (const key of Reflect.ownKeys(globalThis))
      if (!Object.hasOwn(this.before, key)) Reflect.deleteProperty(globalThis, key);
    for (const key of Reflect.ownKeys(this.before))
      if (this.before[key].configurable) Object.defineProperty(globalThis, key, this.before[key]);
    for (const name of Object.keys(process.env)) if (!(name in this.environmentBefore)) delete process.env[name];
    Object.assign(process.env, this.environmentBefore);
    process.exit = this.exitBefore;
  }

  /** Loads an installed package. What it defines in the global scope stays, because it is loaded only once. */
  load(file) {
    if (require.cache[file]) return require(file);
    const known = new Set(Reflect.ownKeys(globalThis));
    try {
      return require(file);
    } finally {
      for (const key of Reflect.ownKeys(globalThis))
        if (!known.has(key)) this.before[key] = Object.getOwnPropertyDescriptor(globalThis, key);
    }
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return this.context;
  }
}

module.exports = SharedEnvironment;
