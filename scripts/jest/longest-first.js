const { join, relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');
const costs = require('./costs.json');

const root = join(__dirname, '../..');

/**
 * Starts the longest test files first, so that none of them runs alone at the end. Jest orders files by the times in
 * its cache. In a fresh clone, which has no cache, the times come from costs.json. New files run before all others.
 */
class LongestFirst extends Sequencer {
  time(test) {
    const known = costs[relative(root, test.path)];
    return super.time(test) ?? (known && known.wall * 1000);
  }
}

module.exports = LongestFirst;
