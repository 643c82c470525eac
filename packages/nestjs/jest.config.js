module.exports = { ...require('../../jest.preset.js'), displayName: 'nestjs', rootDir: __dirname };
