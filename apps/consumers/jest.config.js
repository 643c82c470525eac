module.exports = {
  ...require('../../jest.preset.js'),
  displayName: 'consumers',
  rootDir: __dirname,
  modulePathIgnorePatterns: ['/\\.work/'],
};
