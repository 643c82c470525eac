import { isNativeError } from 'node:util/types';
import { PaggioError } from '../errors';
import { redact } from './redact';

/** An error described for a log: what failed and where, without the values that it failed with. */
export interface FaultDescription {
  /** Name of its class. */
  type: string;
  /** Redacted, at most `LOGGED_LENGTH` characters. May hold line breaks and other control characters. */
  message: string;
  /** SQLSTATE, or the code of Node's own errors. */
  code?: string | number;
  schema?: string;
  table?: string;
  column?: string;
  constraint?: string;
  /** At most 20 frames, without the message. */
  stack?: string;
  cause?: FaultDescription;
  /** The errors of an `AggregateError`, at most five. */
  errors?: FaultDescription[];
}

const MAX_DEPTH = 4;
const MAX_ERRORS = 5;
const MAX_FRAMES = 20;
const MAX_STACK = 8_192;

const names = ['schema', 'table', 'column', 'constraint'] as const;
/**
 * Members that say how a connection or a statement failed. None holds values of rows, parameters, requests or options.
 */
const facts = [
  'name',
  'code',
  ...names,
  'severity',
  'routine',
  'dataType',
  'errno',
  'syscall',
  'address',
  'port',
  'hostname',
];
const factsOfPaggio = [...facts, 'hint', 'details', 'retryAfterSeconds', 'headers'];

/** Describes whatever was thrown. Never throws. The size of the description and the time for it are bounded. */
export function describeFault(error: unknown, depth = 0): FaultDescription {
  const described: FaultDescription = { type: typeOf(error), message: messageOf(error) };
  if (!isError(error)) return described;
  const code = read(error, 'code');
  if (typeof code === 'string') described.code = redact(code, 64);
  else if (typeof code === 'number') described.code = code;
  for (const name of names) {
    const value = read(error, name);
    if (typeof value === 'string') described[name] = redact(value, 128);
  }
  const stack = framesOf(error);
  if (stack !== '') described.stack = stack;
  if (depth === MAX_DEPTH) return described;
  const cause = read(error, 'cause');
  if (cause !== undefined && cause !== null) described.cause = describeFault(cause, depth + 1);
  const errors = read(error, 'errors');
  if (Array.isArray(errors))
    described.errors = errors.slice(0, MAX_ERRORS).map((one: unknown) => describeFault(one, depth + 1));
  return described;
}

/**
 * Makes the error that a host gets and logs with its own logger. It has the class, message, code, stack and causes of
 * the original, but not the properties in which drivers and HTTP clients keep parameters, rows, requests and options.
 * The original stays as it is.
 */
export function toFault(error: unknown, depth = 0): Error {
  const message = messageOf(error);
  const fault = new Error(message);
  if (!isError(error)) return fault;
  Object.setPrototypeOf(fault, Object.getPrototypeOf(error) as object);
  const isOurs = error instanceof PaggioError;
  for (const name of isOurs ? factsOfPaggio : facts) {
    const value = Object.hasOwn(error, name) ? read(error, name) : undefined;
    if (typeof value === 'string') set(fault, name, redact(value), true);
    else if (typeof value === 'number' || (isOurs && value !== undefined)) set(fault, name, value, true);
  }
  set(fault, 'stack', [`${typeOf(error)}: ${message}`, framesOf(error)].join('\n').trimEnd());
  if (depth === MAX_DEPTH) return fault;
  for (const name of ['cause', 'driverError']) {
    const value = read(error, name);
    if (value !== undefined && value !== null) set(fault, name, toFault(value, depth + 1));
  }
  const errors = read(error, 'errors');
  if (Array.isArray(errors))
    set(
      fault,
      'errors',
      errors.slice(0, MAX_ERRORS).map((one: unknown) => toFault(one, depth + 1)),
    );
  return fault;
}

function set(fault: Error, name: string, value: unknown, enumerable = false): void {
  Object.defineProperty(fault, name, { value, enumerable, writable: true, configurable: true });
}

/** Recognises errors of another realm too, because a host may run Paggio in one. */
function isError(error: unknown): error is Error {
  try {
    return isNativeError(error) || error instanceof Error;
  } catch {
    return false;
  }
}

function typeOf(error: unknown): string {
  if (!isError(error)) return typeof error;
  const made = read(error, 'constructor');
  const name = typeof made === 'function' ? made.name : read(error, 'name');
  return typeof name === 'string' ? redact(name, 64) : 'Error';
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return redact(error);
  if (!isError(error)) return 'Something was thrown that is not an error';
  // The engine quotes the text that it could not parse, which may be a payload.
  if (read(error, 'name') === 'SyntaxError') return 'A text could not be parsed';
  const message = read(error, 'message');
  if (typeof message !== 'string') return '';
  const refused = refusalOf(error);
  if (refused !== null) return refused;
  // Node ends the messages of wrong arguments with the argument.
  const received = message.indexOf('. Received ');
  return redact(received < 0 ? message : message.slice(0, received + 1));
}

/** Classes of SQLSTATE whose messages consist of names and limits. Those of class 22 quote the value that is wrong. */
const NAMES_ONLY = /^(?:0[8A]|2[3568]|3[DF]|4[02]|5[34578]|XX)/;

/** Replaces a message of PostgreSQL that may quote a value. Null if it quotes none, or is not from PostgreSQL. */
export function refusalOf(error: object): string | null {
  const code = read(error, 'code');
  const routine = read(error, 'routine');
  // Only the server gives a severity: Node and pg have codes and messages of their own.
  if (typeof read(error, 'severity') !== 'string' || typeof code !== 'string') return null;
  // RAISE in a function or trigger may say anything, under any code.
  if (NAMES_ONLY.test(code) && routine !== 'exec_stmt_raise') return null;
  return redact(`PostgreSQL refused a value (SQLSTATE ${code}, ${String(routine)})`, 128);
}

/** Returns the frames of a stack. The text before them repeats the message, which may itself look like frames. */
function framesOf(error: Error): string {
  const stack = read(error, 'stack');
  const message = read(error, 'message');
  if (typeof stack !== 'string') return '';
  const at = typeof message === 'string' ? stack.indexOf(message) : -1;
  const lines = (
    at < 0 ? stack.slice(-MAX_STACK) : stack.slice(at + (message as string).length).slice(0, MAX_STACK)
  ).split('\n');
  // A message that was changed since is not found. Then only the lines at the end are certain to be frames.
  const first = at < 0 ? lines.findLastIndex((line) => !FRAME.test(line)) + 1 : 1;
  const frames = lines.slice(first).filter((line) => FRAME.test(line));
  return redact(frames.slice(0, MAX_FRAMES).join('\n'), MAX_STACK);
}

const FRAME = /^ {4}at [^\0-\u001f]{1,400}$/;

/** A getter may throw, and so may a proxy. */
function read(error: object, name: string): unknown {
  try {
    return (error as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
