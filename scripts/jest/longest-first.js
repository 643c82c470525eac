const { default: Sequencer } = require('@jest/test-sequencer');
const { knownSeconds } = require('./known-costs.js');

/**
 * Starts the longest test files first, so that none of them runs alone at the end. Jest orders files by the times in
 * its cache. In a fresh clone, which has no cache, the times come from costs.json. New files run before all others.
 */
class LongestFirst extends Sequencer {
  time(test) {
    const seconds = knownSeconds(test.path);
    return super.time(test) ?? (seconds && seconds * 1000);
  }
}

module.exports = LongestFirst;
