const { availableParallelism } = require('node:os');

module.exports = {
  reporters: ['default', '<rootDir>/scripts/jest/cost-reporter.js'],
  projects: ['<rootDir>/packages/*/jest.config.js', '<rootDir>/apps/*/jest.config.js'],
  // Jest reads this one here only; the preset has it for a package that is tested alone.
  testTimeout: 30_000,
  // The tests wait for a database and for sockets more than they compute: Jest's own choice, one on two cores, is too few.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A failed test may leave a server behind; on CI that must not hold up the verdict.
  forceExit: Boolean(process.env.CI),
};
