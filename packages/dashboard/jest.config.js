const preset = require('../../jest.preset.js');

module.exports = {
  ...preset,
  displayName: 'dashboard',
  rootDir: __dirname,
  testMatch: [...preset.testMatch, '<rootDir>/web/src/**/*.test.ts'],
};
