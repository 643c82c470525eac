// A process that only delivers, to be stopped and killed. It runs the built package.
const { createPaggio } = require('@paggio/core');

const { masterKey, ...options } = JSON.parse(process.argv[2]);
const paggio = createPaggio({ ...options, roles: ['deliver'], masterKey: Buffer.from(masterKey, 'hex') });
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
