module.exports = { ...require('../../jest.preset.js'), displayName: 'express', rootDir: __dirname };
