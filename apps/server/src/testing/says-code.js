// Loaded into a server whose parent has ended, to print the exit code that nobody can wait for.
process.on('exit', (code) => require('node:fs').writeSync(1, `ended with ${code}\n`));
