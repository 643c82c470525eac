const preset = require('../../jest.preset.js');

module.exports = {
  ...preset,
  displayName: 'dashboard',
  rootDir: __dirname,
  globalSetup: '<rootDir>/src/testing/jest-global-setup.ts',
  globalTeardown: '<rootDir>/src/testing/jest-global-teardown.ts',
  testMatch: [...preset.testMatch, '<rootDir>/web/src/**/*.test.ts'],
};
