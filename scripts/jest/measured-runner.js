// Jest's own runner, which also measures the CPU time of each test file.
const { setFlagsFromString } = require('node:v8');
const { default: circus } = require('jest-circus/runner');
const { cpuTime } = require('./cpu-time.js');

// A test runs most code only a few times. V8 would spend a tenth of a worker's CPU time on optimising that code, and would
// compile code again that it dropped because no test used it for a while. The V8 of Node 22 has no such budget, and prints
// an error about a flag that it does not know.
const lessOptimising = Number.parseInt(process.versions.v8) < 12 ? ['--interrupt-budget=1000000'] : [];
for (const flag of [...lessOptimising, '--max-lazy', '--no-flush-bytecode']) setFlagsFromString(flag);

/** Jest collects a hundred lines for each error, of which a person reads the first few. */
const STACK_LINES = 20;

/** CPU time of this process in milliseconds, and of its children that have ended. */
function spent() {
  const { user, system } = process.cpuUsage();
  return { own: (user + system) / 1000, children: cpuTime('self')?.children ?? 0 };
}

module.exports = async (globalConfig, config, environment, ...rest) => {
  Error.stackTraceLimit = STACK_LINES;
  const before = spent();
  let loaded;
  const handle = environment.handleTestEvent?.bind(environment);
  environment.handleTestEvent = (event, state) => {
    if (event.name === 'run_start') loaded = spent();
    if (event.name === 'add_test' && event.concurrent)
      throw new Error('test.concurrent cannot be used here: one test runs at a time (scripts/jest/current-test.js).');
    return handle?.(event, state);
  };
  const result = await circus(globalConfig, config, environment, ...rest);
  const after = spent();
  // Loading is what happens before the first test: reading, compiling and running the modules.
  result.cpu = {
    loading: (loaded ?? after).own - before.own,
    testing: after.own - (loaded ?? after).own,
    children: after.children - before.children,
  };
  return result;
};
