import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { readEnvironment } from './environment';
import { Output } from './output';
import { whenParentEnds } from './parent';
import type { RunningServer } from './running-server';
import { startServer } from './server';
import { Shutdown } from './shutdown';
import { StartError } from './start-error';

/**
 * How much the heap may grow between two collections of all of it, in percent. By default V8 lets a heap of this size
 * triple, and events under way fill it with garbage. At 50, collecting earlier costs 1 to 3 % of the CPU time of
 * the process; at 35 it costs 10 %.
 */
const HEAP_GROWTH = 50;

export interface RunOptions {
  /**
   * Id of the process that started this one. The server stops when that process ends. `npm start` needs this, because
   * npm does not stop its children. Without it the server outlives its parent, as a service should.
   */
  parent?: number;
}

/** Runs the server until a signal ends it. */
export async function run({ parent }: RunOptions = {}): Promise<void> {
  // Not earlier: V8 takes a prepared bundle only with the flags with which it was made.
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  const environment = readEnvironment(process.env, process.stdout.isTTY === true);
  // Print a failed start as text for people, unless JSON was requested: no log collector reads a server that never ran.
  const starting = new Output({ format: process.env['LOG_FORMAT'] === 'json' ? 'json' : 'pretty', level: 'info' });
  if (Array.isArray(environment)) {
    starting.lastWords(`Paggio cannot start:\n${environment.map((mistake) => `  - ${mistake}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
  const output = new Output({ format: environment.logFormat, level: environment.logLevel });
  output.takeOver();
  const shutdown = new Shutdown(output);
  if (parent !== undefined) whenParentEnds(parent, () => shutdown.request());
  let server: RunningServer;
  try {
    server = await startServer(environment, output);
  } catch (error) {
    const hint = error instanceof StartError ? error.hint : '';
    const message = error instanceof Error ? error.message : String(error);
    starting.lastWords(`Paggio cannot start: ${message}${hint ? `\n  ${hint}` : ''}`);
    process.exitCode = 1;
    return;
  }
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
  output.up(server, version);
  output.keys(server, environment.production);
  output.unusedProxies(environment.unusedProxies);
  shutdown.started(server);
}
