module.exports = {
  projects: ['<rootDir>/packages/*/jest.config.js', '<rootDir>/apps/*/jest.config.js'],
  // Jest reads this one here only; the preset has it for a package that is tested alone.
  testTimeout: 30_000,
  // A failed test may leave a server behind; on CI that must not hold up the verdict.
  forceExit: Boolean(process.env.CI),
};
