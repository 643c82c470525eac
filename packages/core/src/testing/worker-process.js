// A process that only delivers, to be stopped and killed. It runs the built package.
const { Paggio } = require('@paggio/core');
const { assemble } = require('../../dist/assembly/assemble');

const { options, timing } = JSON.parse(process.argv[2]);
const masterKey = Buffer.from(options.masterKey, 'hex');
const paggio = new Paggio(assemble({ ...options, roles: ['deliver'], masterKey }, { timing }));
const realNow = Date.now;
process.on('message', ({ clockOffsetMs }) => (Date.now = () => realNow() + clockOffsetMs));
process.on('disconnect', () => process.exit());
paggio.start().then(
  () => process.send('ready'),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
