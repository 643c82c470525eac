// Prints the ten slowest test files, and where the CPU time of the run went. PAGGIO_TEST_COSTS names a file for the
// figures of all test files, in milliseconds.
const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');
const { cpuTime } = require('./cpu-time.js');

const SHOWN = 10;

class CostReporter {
  constructor({ rootDir }) {
    this.rootDir = rootDir;
  }

  onRunComplete(_contexts, { testResults, startTime }) {
    const files = testResults
      .filter(({ cpu }) => cpu)
      .map(({ testFilePath, perfStats, cpu }) => ({
        file: relative(this.rootDir, testFilePath),
        wall: perfStats.runtime,
        ...cpu,
      }))
      .sort((a, b) => b.wall - a.wall);
    if (process.env.PAGGIO_TEST_COSTS) writeFileSync(process.env.PAGGIO_TEST_COSTS, JSON.stringify(files));
    // A run of a few files is about those.
    if (files.length <= SHOWN) return;
    const sum = (key) => files.reduce((total, file) => total + file[key], 0);
    console.log(`\nThe slowest of ${files.length} test files:   wall    CPU`);
    for (const { file, wall, loading, testing, children } of files.slice(0, SHOWN))
      console.log(`${seconds(wall)} ${seconds(loading + testing + children)}  ${file}`);
    const database = cpuTime(process.env.PAGGIO_TEST_DATABASE_PID);
    console.log(
      `Wall time ${seconds(Date.now() - startTime).trim()}. CPU: loading modules ${seconds(sum('loading')).trim()}, ` +
        `tests ${seconds(sum('testing')).trim()}, their child processes ${seconds(sum('children')).trim()}` +
        (database ? `, PostgreSQL ${seconds(database.own + database.children).trim()}.` : '.'),
    );
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`.padStart(9);
}

module.exports = CostReporter;
