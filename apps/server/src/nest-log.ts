import type { LoggerService } from '@nestjs/common';
import type { Output } from './output';

/** Sends Nest's log to the server's own output, without the messages about loaded modules and mapped routes. */
export class NestLog implements LoggerService {
  constructor(private readonly output: Output) {}

  log(): void {}

  debug(): void {}

  verbose(): void {}

  warn(): void {}

  /** Nest passes a message or an error, then the stack if it has one, and last the name of the part. */
  error(message: unknown, ...rest: unknown[]): void {
    this.say('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.say('fatal', message, rest);
  }

  private say(level: 'error' | 'fatal', message: unknown, rest: unknown[]): void {
    const texts = rest.filter((one) => typeof one === 'string');
    const stack = texts.find((text) => text.includes('\n    at '));
    const part = texts.findLast((text) => text !== stack);
    const fields = { part, ...(stack === undefined ? {} : { stack }) };
    if (message instanceof Error) this.output.say(level, 'fault', { part, err: message });
    else this.output.say(level, typeof message === 'string' ? message : 'Nest reported a fault', fields);
  }
}
