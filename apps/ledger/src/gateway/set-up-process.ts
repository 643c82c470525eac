import { setUp, type SetUp } from './set-up';

// Runs `setUp` in a process of its own, for code of another version.
process.on('disconnect', () => process.exit());
process.send?.('ready');
setUp(JSON.parse(process.argv[2] as string) as SetUp).then(
  (paths) => process.send?.({ paths }),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
