const crypto = require('node:crypto');

const PAIRS = 4;
const made = [];
let asked = 0;
const generate = crypto.generateKeyPairSync;

/**
 * Makes `PAIRS` RSA key pairs per worker and then hands them out in turn, because a pair takes a tenth of a second or
 * more. Pairs that a test asks for in succession are different.
 */
crypto.generateKeyPairSync = (type, options) => {
  const isUsual = type === 'rsa' && options.modulusLength === 2048 && Object.keys(options).length === 1;
  return isUsual ? (made[asked++ % PAIRS] ??= generate(type, options)) : generate(type, options);
};
