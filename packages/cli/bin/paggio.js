#!/usr/bin/env node
const { run } = require('../dist/index.js');

void run(process.argv, process.env, process).then((code) => (process.exitCode = code));
