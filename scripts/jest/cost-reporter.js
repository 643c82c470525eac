// Prints the ten slowest test files and where the CPU time of the run went; after a run of a few files only with
// PAGGIO_TEST_COSTS=show. With PAGGIO_TEST_COSTS=write it writes costs.json, by which a fresh clone orders its test
// files (longest-first.js).
const { writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { cpuTime, treeTime } = require('./cpu-time.js');

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
    if (process.env.PAGGIO_TEST_COSTS === 'write') write(files);
    // A run of a few files is about their results, not about costs.
    if (files.length <= SHOWN && process.env.PAGGIO_TEST_COSTS !== 'show') return;
    const sum = (key) => files.reduce((total, file) => total + file[key], 0);
    console.log(`\nThe slowest of ${files.length} test files:   wall    CPU`);
    for (const { file, wall, loading, testing, children } of files.slice(0, SHOWN))
      console.log(`${seconds(wall)} ${seconds(loading + testing + children)}  ${file}`);
    const database = cpuTime(process.env.PAGGIO_TEST_DATABASE_PID);
    // The processes of a browser end only with it, so their time is not in that of ended children.
    const browser = treeTime(process.env.PAGGIO_TEST_BROWSER_PID);
    console.log(
      `Wall time ${seconds(Date.now() - startTime).trim()}. CPU: loading modules ${seconds(sum('loading')).trim()}, ` +
        `tests ${seconds(sum('testing')).trim()}, their child processes ${seconds(sum('children')).trim()}` +
        (database ? `, PostgreSQL ${seconds(database.own + database.children).trim()}` : '') +
        (browser ? `, the browser ${seconds(browser).trim()}.` : '.'),
    );
  }
}

/** One line for each file, in seconds. */
function write(files) {
  const lines = files.map(({ file, wall, loading, testing, children }) => {
    const [wallSeconds, cpu] = [wall, loading + testing + children].map((ms) => Math.round(ms / 100) / 10);
    return `  ${JSON.stringify(file)}: { "wall": ${wallSeconds}, "cpu": ${cpu} }`;
  });
  writeFileSync(join(__dirname, 'costs.json'), `{\n${lines.sort().join(',\n')}\n}\n`);
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`.padStart(9);
}

module.exports = CostReporter;
