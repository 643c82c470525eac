import { inspect } from 'node:util';
import { isNativeError } from 'node:util/types';
import { describeFault, printable, type TelemetryEvent } from '@paggio/core';
import { pino, type Level, type Logger } from 'pino';
import { banner } from './banner';
import { logTelemetry, prettyLine } from './event-log';
import { createLogger, plainLine, plainLines } from './logger';
import type { RunningServer } from './running-server';

export interface OutputSettings {
  format: 'pretty' | 'json';
  level: string;
}

const CONSOLE: Readonly<Record<string, Level>> = {
  trace: 'trace',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
};

/**
 * Everything that the server prints to standard output: one JSON object per line, or lines for people. Nothing bypasses
 * it, and no text in it can end its line, move the cursor or reveal a secret.
 */
export class Output {
  private readonly logger: Logger | null;

  constructor(private readonly settings: OutputSettings) {
    this.logger = settings.format === 'json' ? createLogger(settings.level) : null;
  }

  happened(event: TelemetryEvent): void {
    if (this.logger) logTelemetry(this.logger, event);
    else if (event.type === 'fault') this.fault(event.error, { where: event.where });
    // Redaction costs time, so build only the lines that are printed.
    else if (this.settings.level !== 'silent') this.print(prettyLine(event, new Date()));
  }

  /** @param fields the `request_id` of the response, or `where` the fault happened in the background */
  fault(error: unknown, fields: { request_id: string } | { where: string }): void {
    this.say('error', 'fault', { ...fields, err: error });
  }

  up(server: RunningServer, version: string): void {
    if (!this.logger) {
      // Not redacted, because the person who starts the server needs the key and the link.
      process.stdout.write(`${banner(server, version).split('\n').map(printable).join('\n')}\n`);
      return;
    }
    const { url, inboxUrl, database, dataDirectory } = server;
    this.logger.info(
      { url, inbox: inboxUrl, database: database.description, data_directory: dataDirectory },
      'Paggio is up',
    );
  }

  /** Warns the operator about the state of the API keys. */
  keys(server: RunningServer, production: boolean): void {
    if (production && server.keys === 'in_file')
      this.say('warn', 'The API key of the first run is still valid and in the file api-key', {
        hint: 'It has every scope and never expires. Create your own keys, revoke this one, and delete the file.',
      });
    else if (server.keys === 'none')
      this.say('warn', 'No API key is valid', {
        hint: 'Start once with LOG_FORMAT=pretty and open the dashboard link that it prints. The link needs no key.',
      });
  }

  /** Warns the operator about proxy variables that other programs use and Paggio does not. */
  unusedProxies(variables: readonly string[]): void {
    if (variables.length === 0) return;
    this.say('warn', `Paggio ignores ${variables.join(', ')}: outgoing requests use no proxy`, {
      hint: 'Set PAGGIO_EGRESS_PROXY to send every outgoing request through a proxy.',
    });
  }

  /** Logs a message of the server itself. */
  say(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.logger) this.logger[level](fields, message);
    else if (level !== 'trace' && level !== 'debug') this.print(prettyNote(level, message, fields));
  }

  /** Prints the reason for the end of the process to standard error, whatever the log level is. */
  lastWords(message: string, error?: unknown): void {
    if (this.logger) {
      const fields = error === undefined ? {} : { err: error };
      createLogger('fatal', pino.destination({ dest: 2, sync: true })).fatal(fields, message);
    } else process.stderr.write(`${plainLines(error === undefined ? message : `${message}\n${stackOf(error)}`)}\n`);
  }

  /**
   * Captures what libraries print: console output, Node's warnings, and uncaught errors, which still end the process.
   */
  takeOver(): void {
    for (const [method, level] of Object.entries(CONSOLE)) {
      Object.assign(console, {
        [method]: (...given: unknown[]) => this.say(level, given.map(textOf).join(' ')),
      });
    }
    // Node's own listener would print them as text.
    process.removeAllListeners('warning');
    process.on('warning', (warning) => this.say('warn', `${warning.name}: ${warning.message}`));
    process.on('uncaughtException', (error) => {
      this.lastWords('Paggio stopped because of an uncaught error', error);
      process.exit(1);
    });
  }

  private print(line: string | null): void {
    if (line !== null && this.settings.level !== 'silent') process.stdout.write(`${line}\n`);
  }
}

const signs: Partial<Record<Level, string>> = { info: '  ' };

function prettyNote(level: Level, message: string, { err, ...fields }: Readonly<Record<string, unknown>>): string {
  const time = new Date().toTimeString().slice(0, 8);
  const rest = Object.values(fields).filter((value) => typeof value === 'string' || typeof value === 'number');
  const line = [time, signs[level] ?? '!!', message, ...rest].join('  ');
  return err === undefined ? plainLine(line) : `${plainLine(line)}\n${plainLines(stackOf(err))}`;
}

/** Formats an error and its causes, with their stack frames. */
function stackOf(error: unknown): string {
  const lines: string[] = [];
  for (let fault = describeFault(error), indent = '  '; ; indent += '  ') {
    const { type, message, code, stack, cause } = fault;
    lines.push(`${indent}${plainLine(`${type}${code === undefined ? '' : ` ${code}`}: ${message}`)}`);
    if (stack !== undefined) lines.push(stack);
    if (!cause) return lines.join('\n');
    fault = cause;
  }
}

function textOf(given: unknown): string {
  if (typeof given === 'string') return given;
  if (isNativeError(given)) return `${describeFault(given).type}: ${describeFault(given).message}`;
  return inspect(given, { depth: 1, maxStringLength: 256, maxArrayLength: 8, breakLength: Infinity });
}
