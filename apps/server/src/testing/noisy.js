// Prints what libraries and bugs might print. NODE_OPTIONS loads it into a server, or it runs the server itself. The first
// signal makes it print. The second one stops the server in order, and causes an uncaught error at the end of the stop.
const hostile = 'two\nlines\u001b[31m and {"level":10}';

process.once('SIGUSR2', () => {
  process.once('SIGUSR2', () => {
    const { exit } = process;
    process.exit = (code) => {
      process.exit = exit;
      console.log(`stopped in order with ${code}`);
      // Nothing but the uncaught error may end the process now.
      setInterval(() => undefined, 60_000);
      void Promise.reject(Object.assign(new Error(hostile), { config: { data: 'CANARY-of-a-request' } }));
    };
    process.kill(process.pid, 'SIGTERM');
  });
  console.log('to the console', hostile);
  console.error(new Error(hostile), { password: 'pk_live_abcdefgh12345678' });
  console.warn('Bearer abcdefgh12345678');
  process.emitWarning(hostile, 'HostileWarning');
});

if (require.main === module) void require('../../dist/main.js').main();
