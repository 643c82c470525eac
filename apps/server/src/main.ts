import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from './environment';
import { Output } from './output';
import { startServer, type RunningServer } from './server';
import { StartError } from './start-error';

/** Past this the process ends with what it has: the next start finds the rest in the database. */
const STOP_DEADLINE_MS = 40_000;

/** Runs the server until a signal ends it. */
export async function main(): Promise<void> {
  const environment = readEnvironment(process.env, process.stdout.isTTY === true);
  // A start that fails is told to people, unless somebody has asked for JSON: nothing reads the log of no server.
  const starting = new Output({ format: process.env['LOG_FORMAT'] === 'json' ? 'json' : 'pretty', level: 'info' });
  if (Array.isArray(environment)) {
    starting.lastWords(`Paggio cannot start:\n${environment.map((mistake) => `  - ${mistake}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
  const output = new Output({ format: environment.logFormat, level: environment.logLevel });
  output.takeOver();
  let stopping = false;
  let server: RunningServer | undefined;
  const end = (): void => {
    // A second signal does not wait.
    if (stopping) process.exit(1);
    stopping = true;
    if (!server) return;
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        output.lastWords('Paggio did not stop cleanly', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
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
  // The signal came while the server was starting.
  if (stopping) {
    stopping = false;
    end();
  }
}

if (require.main === module) void main();
