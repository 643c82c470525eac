const { availableParallelism } = require('node:os');

module.exports = {
  testSequencer: '<rootDir>/scripts/jest/longest-first.js',
  reporters: ['default', '<rootDir>/scripts/jest/cost-reporter.js'],
  projects: ['<rootDir>/packages/*/jest.config.js', '<rootDir>/apps/*/jest.config.js'],
  // Jest reads the time-out only here. The preset repeats it for a package that is tested alone.
  testTimeout: 30_000,
  // The tests wait for a database and for sockets half of the time, so there are two workers more than cores. The test
  // database has connections for eight.
  maxWorkers: Math.min(8, availableParallelism() + 2),
  // A failed test may leave a server running, which must not delay the result on CI.
  forceExit: Boolean(process.env.CI),
};
