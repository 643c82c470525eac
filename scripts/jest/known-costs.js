const { join, relative } = require('node:path');
const costs = require('./costs.json');

const root = join(__dirname, '../..');

/** The wall time of a test file by costs.json, in seconds; undefined for a new file. */
exports.knownSeconds = (path) => costs[relative(root, path)]?.wall;
