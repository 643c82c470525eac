const crypto = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const PAIRS = 4;
const DIRECTORY = path.join(__dirname, '../../node_modules/.cache/paggio');
const made = [];
let asked = 0;
const generate = crypto.generateKeyPairSync;

/**
 * Makes `PAIRS` RSA key pairs per run and then hands them out in turn, because a pair takes a tenth of a second or more.
 * Pairs that a test asks for in succession are different.
 */
crypto.generateKeyPairSync = (type, options) => {
  const isUsual = type === 'rsa' && options.modulusLength === 2048 && Object.keys(options).length === 1;
  if (!isUsual) return generate(type, options);
  const number = asked++ % PAIRS;
  return (made[number] ??= pairOfRun(number, options));
};

/**
 * Takes the pair that another worker made, or makes it for all. Workers that make it at the same time have different
 * ones, which does no harm, so there is no lock. The next run replaces it, so that keys vary.
 */
function pairOfRun(number, options) {
  const run = process.env.PAGGIO_TEST_RUN;
  const file = path.join(DIRECTORY, `rsa-pair-${number}.json`);
  try {
    const stored = JSON.parse(readFileSync(file, 'utf8'));
    if (run !== undefined && stored.run === run)
      return { privateKey: crypto.createPrivateKey(stored.pem), publicKey: crypto.createPublicKey(stored.pem) };
  } catch {
    // There is none yet.
  }
  const pair = generate('rsa', options);
  try {
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    mkdirSync(DIRECTORY, { recursive: true });
    // A worker never reads a half-written file.
    writeFileSync(`${file}.${process.pid}`, JSON.stringify({ run, pem }), { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // The folder is not writable, so each worker makes its own.
  }
  return pair;
}
