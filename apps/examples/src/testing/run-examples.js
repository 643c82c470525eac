// Runs examples in this process. A message names the file of one and its environment, which it reads while it starts: so
// the next one may come when it answers.
process.on('message', ({ file, env }) => {
  Object.assign(process.env, env);
  require(file);
});
process.on('disconnect', () => process.exit());
