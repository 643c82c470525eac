module.exports = { ...require('../../jest.preset.js'), displayName: 'koa', rootDir: __dirname };
