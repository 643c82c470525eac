const preset = require('../../jest.preset.js');

module.exports = {
  ...preset,
  displayName: 'consumers',
  rootDir: __dirname,
  // What installs from the registry, for every host and version.
  testMatch: [...preset.testMatch, ...(process.env.PAGGIO_FULL ? ['<rootDir>/src/**/*.full.ts'] : [])],
  modulePathIgnorePatterns: ['/\\.work/'],
};
