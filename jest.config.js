module.exports = {
  projects: ['<rootDir>/packages/*/jest.config.js', '<rootDir>/apps/*/jest.config.js'],
  // Jest reads this one here only; the preset has it for a package that is tested alone.
  testTimeout: 30_000,
};
