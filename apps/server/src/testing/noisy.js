// Loaded into a server by NODE_OPTIONS, to print what libraries and bugs might print. The first signal makes it print, and
// the second one causes an uncaught error.
const hostile = 'two\nlines\u001b[31m and {"level":10}';

process.once('SIGUSR2', () => {
  process.once('SIGUSR2', () => {
    void Promise.reject(Object.assign(new Error(hostile), { config: { data: 'CANARY-of-a-request' } }));
  });
  console.log('to the console', hostile);
  console.error(new Error(hostile), { password: 'pk_live_abcdefgh12345678' });
  console.warn('Bearer abcdefgh12345678');
  process.emitWarning(hostile, 'HostileWarning');
});
