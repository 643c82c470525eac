// Runs examples in this process. A message has the file and the environment of an example. The example reads the
// environment only while it starts, so the next message may come when it answers.
process.on('message', ({ file, env }) => {
  Object.assign(process.env, env);
  require(file);
});
process.on('disconnect', () => process.exit());
