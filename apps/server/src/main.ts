import { currentBundle, isInstrumented } from './bundle';
import type { RunOptions } from './run';

/** Loads the server, from its bundle if that is up to date, and runs it until a signal ends it. */
export async function main(options: RunOptions = {}): Promise<void> {
  const bundle = isInstrumented() ? undefined : currentBundle();
  const { run } = bundle?.load() ?? (await import('./run.js'));
  await run(options);
}

if (require.main === module) void main();
