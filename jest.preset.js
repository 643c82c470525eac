// Shared by every package. TypeScript is compiled to CommonJS by swc. Installed packages are loaded by Node itself, which
// can require ES modules; Jest cannot on the Node versions that are supported here.
const path = require('node:path');

const swc = [
  '@swc/jest',
  {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
  },
];

module.exports = {
  testEnvironment: path.join(__dirname, 'scripts/jest/shared-environment.js'),
  runtime: path.join(__dirname, 'scripts/jest/shared-runtime.js'),
  runner: path.join(__dirname, 'scripts/jest/home-runner.js'),
  testRunner: path.join(__dirname, 'scripts/jest/measured-runner.js'),
  // npm run check:full sets PAGGIO_FULL, which adds the files *.full.ts and makes numbers in some tests larger.
  testMatch: ['<rootDir>/src/**/*.test.ts', ...(process.env.PAGGIO_FULL ? ['<rootDir>/src/**/*.full.ts'] : [])],
  setupFiles: ['reflect-metadata'],
  globalSetup: path.join(__dirname, 'packages/embedded-database/src/testing/jest-global-setup.ts'),
  globalTeardown: path.join(__dirname, 'packages/embedded-database/src/testing/jest-global-teardown.ts'),
  transform: { '^.+\\.ts$': swc },
  moduleNameMapper: {
    '^@paggio/embedded-database/testing$': path.join(__dirname, 'packages/embedded-database/src/testing/index.ts'),
    '^@paggio/http/testing$': path.join(__dirname, 'packages/http/src/testing/index.ts'),
    '^@paggio/providers/testing$': path.join(__dirname, 'packages/providers/src/testing/index.ts'),
    '^@paggio/providers/closest$': path.join(__dirname, 'packages/providers/src/closest.ts'),
    '^@paggio/core/testing$': path.join(__dirname, 'packages/core/src/testing/index.ts'),
    // The exports of this package have no condition that Jest's CommonJS resolver knows.
    '^@octokit/webhooks-methods$': path.join(__dirname, 'node_modules/@octokit/webhooks-methods/dist-node/index.js'),
    '^@paggio/([a-z-]+)$': path.join(__dirname, 'packages/$1/src/index.ts'),
  },
  testTimeout: 30_000,
};
