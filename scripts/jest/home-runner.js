const { dirname, join, relative } = require('node:path');
const { default: TestRunner } = require('jest-runner');
const { Worker } = require('jest-worker');
const { knownSeconds } = require('./known-costs.js');

/** A file that takes longer than this must begin early. */
const LONG_SECONDS = 12;

/** A young generation of 32 MB is collected less often, which saves a twentieth of the CPU time of a worker. */
const V8_FLAGS = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

const root = join(__dirname, '../..');

/** The package of a test file, such as `packages/core`. */
const packageOf = (path) => relative(root, path).split(/[\\/]/).slice(0, 2).join('/');
const wallOf = (path) => knownSeconds(path) ?? 1;

/**
 * Jest's runner, except that a worker stays with one package for as long as that has test files. Modules that only one
 * package needs are then loaded in one worker, and V8 has already compiled what the next file calls. A worker without
 * work takes over a part of the package that has most left for each of its workers.
 */
class HomeRunner extends TestRunner {
  listeners = new Map();

  on(name, listener) {
    const end = super.on(name, listener);
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => {
      end();
      all.delete(listener);
    };
  }

  async emit(name, payload) {
    for (const listener of this.listeners.get(name) ?? []) await listener(payload);
  }

  async runTests(tests, watcher, options) {
    if (options.serial) return super.runTests(tests, watcher, options);
    const pending = new Pending(tests);
    let interrupted = false;
    const interrupt = new Promise((done) =>
      watcher.on('change', (state) => {
        if (!state.interrupted) return;
        interrupted = true;
        done();
      }),
    );
    const setup = { serializableResolvers: resolversOf(tests) };
    const runOn = async (worker, home) => {
      for (let test = pending.next(home); test && !interrupted; test = pending.next(home)) {
        await this.emit('test-file-start', [test]);
        await this.runOne(worker, test);
      }
    };
    const workers = Array.from({ length: Math.min(this._globalConfig.maxWorkers, tests.length) }, () =>
      newWorker(this._globalConfig, setup),
    );
    await Promise.race([Promise.all(workers.map((worker) => runOn(worker, {}))), interrupt]);
    const ended = await Promise.all(workers.map((worker) => worker.end()));
    if (ended.some(({ forceExited }) => forceExited))
      console.error('A worker did not end by itself: a test has left something running.');
  }

  async runOne(worker, test) {
    try {
      const running = worker.worker({
        config: test.context.config,
        context: withLists(this._context),
        globalConfig: this._globalConfig,
        path: test.path,
      });
      running.UNSTABLE_onCustomMessage?.(([name, payload]) => this.emit(name, payload));
      await this.emit('test-file-success', [test, await running]);
    } catch (error) {
      await this.emit('test-file-failure', [test, error]);
    }
  }
}

/** Sets would not survive the way to the worker, which makes them again. */
function withLists(context) {
  const lists = ['changedFiles', 'sourcesRelatedToTestsInChangedFiles']
    .filter((name) => context[name])
    .map((name) => [name, [...context[name]]]);
  return { ...context, ...Object.fromEntries(lists) };
}

/** The files that have not begun, in the order of the sequencer, by package. */
class Pending {
  packages = new Map();

  constructor(tests) {
    for (const test of tests) {
      const name = packageOf(test.path);
      if (!this.packages.has(name)) this.packages.set(name, { tests: [], left: 0, workers: 0 });
      const one = this.packages.get(name);
      one.tests.push(test);
      one.left += wallOf(test.path);
    }
  }

  next(home) {
    if (!home.package?.tests.length) {
      if (home.package) home.package.workers--;
      home.package = [...this.packages.values()].filter(({ tests }) => tests.length > 0).sort(byUrgency)[0];
      if (!home.package) return undefined;
      home.package.workers++;
    }
    const test = home.package.tests.shift();
    home.package.left -= wallOf(test.path);
    return test;
  }
}

/** A package with a long file comes first, so that none runs alone at the end. Then the one with most left for a worker. */
function byUrgency(a, b) {
  const long = ({ tests }) => Math.max(LONG_SECONDS, wallOf(tests[0].path));
  return long(b) - long(a) || b.left / (b.workers + 1) - a.left / (a.workers + 1);
}

function resolversOf(tests) {
  const resolvers = new Map();
  for (const { context } of tests)
    if (!resolvers.has(context.config.id))
      resolvers.set(context.config.id, { config: context.config, serializableModuleMap: context.moduleMap.toJSON() });
  return [...resolvers.values()];
}

/** A process of its own. */
function newWorker({ workerIdleMemoryLimit, workerGracefulExitTimeout }, setup) {
  const worker = new Worker(join(dirname(require.resolve('jest-runner')), 'testWorker.js'), {
    exposedMethods: ['worker'],
    forkOptions: { serialization: 'json', stdio: 'pipe', execArgv: [...process.execArgv, ...V8_FLAGS] },
    idleMemoryLimit: typeof workerIdleMemoryLimit === 'number' ? workerIdleMemoryLimit : undefined,
    maxRetries: 3,
    numWorkers: 1,
    setupArgs: [setup],
    workerGracefulExitTimeout,
  });
  worker.getStdout()?.pipe(process.stdout);
  worker.getStderr()?.pipe(process.stderr);
  return worker;
}

module.exports = HomeRunner;
