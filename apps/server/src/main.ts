import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { banner } from './banner';
import { readEnvironment } from './environment';
import { logHappening, prettyLine } from './event-log';
import { createLogger, redact } from './logger';
import { startServer, type RunningServer } from './server';
import { StartError } from './start-error';

/** Past this the process ends with what it has: the next start finds the rest in the database. */
const STOP_DEADLINE_MS = 40_000;

/** Runs the server until a signal ends it. */
export async function main(): Promise<void> {
  const environment = readEnvironment(process.env, process.stdout.isTTY === true);
  if (Array.isArray(environment)) {
    console.error(`Paggio cannot start:\n${environment.map((mistake) => `  - ${mistake}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
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
        console.error(redact(`Paggio did not stop cleanly: ${String(error)}`));
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end).on('SIGINT', end);
  try {
    server = await startServer(environment);
  } catch (error) {
    const hint = error instanceof StartError ? error.hint : '';
    const message = error instanceof Error ? error.message : String(error);
    console.error(redact(`Paggio cannot start: ${message}${hint ? `\n  ${hint}` : ''}`));
    process.exitCode = 1;
    return;
  }
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
  const logger = createLogger(environment.logLevel);
  const pretty = environment.logFormat === 'pretty';
  server.paggio.subscribe((happening) => {
    const line = pretty && environment.logLevel !== 'silent' ? prettyLine(happening, new Date()) : null;
    if (line !== null) console.log(line);
    else if (!pretty) logHappening(logger, happening);
  });
  if (pretty) console.log(banner(server, version));
  else
    logger.info(
      {
        url: server.url,
        inbox: server.inboxUrl,
        database: server.database.description,
        data_directory: server.dataDirectory,
      },
      'Paggio is up',
    );
  // The signal came while the server was starting.
  if (stopping) {
    stopping = false;
    end();
  }
}

if (require.main === module) void main();
