import 'reflect-metadata';
import { isUtf8 } from 'node:buffer';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { PaggioError, rules, type ErrorDetail } from '@paggio/core';
import { ruleOf } from './dto/rule';
import { repeatedName } from './repeated-name';
import { wrongInput } from './wire-error';

// The validator takes far longer than the parser for the same bytes, so its input is bounded first.
const MAX_DEPTH = 64;
/** Members of one object. No object of the API has nearly as many. */
const MAX_MEMBERS = 200;
/** Items of one array. The longest array that the API accepts is `endpoint_ids` of a published event. */
const MAX_ITEMS = 1_000;
/**
 * Members and items of the whole input. The largest valid input is an endpoint with 100 destinations, each with 100 event
 * types, 50 headers and 100 delays: about 26,500 values.
 */
const MAX_VALUES = 30_000;
/** A query is a flat object; no operation has more than a dozen parameters. */
const MAX_PARAMETERS = 100;

/**
 * Validates untrusted input and makes a DTO of it. Unknown names are refused. This is the only call of the validator, with
 * settings of its own, so that a global pipe of the host cannot change the API.
 * @throws PaggioError `VALIDATION_FAILED` for a body, `BAD_REQUEST` for a query, with one detail for each field
 */
export function parse<T extends object>(dto: ClassConstructor<T>, input: unknown, kind: 'body' | 'query'): T {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw wrongInput(kind, [{ field: 'body', message: 'The body must be a JSON object.' }]);
  }
  const hostile = new HostileSearch().find(input);
  if (hostile) throw wrongInput(kind, [hostile]);
  const instance = plainToInstance(dto, input, { enableImplicitConversion: false });
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  if (errors.length > 0)
    throw wrongInput(
      kind,
      errors.flatMap((error) => toDetails(error, '')),
    );
  return instance;
}

/**
 * Parses a body. An empty body counts as an empty object.
 * @param opaque members that may hold any JSON, so names may be repeated inside them
 * @throws PaggioError `BAD_REQUEST` when it is not UTF-8 or not JSON, `VALIDATION_FAILED` when a name is given twice
 */
export function parseJson(body: Buffer, opaque: readonly string[] = []): unknown {
  if (body.length === 0) return {};
  if (!isUtf8(body)) throw new PaggioError('BAD_REQUEST', 'The body is not UTF-8', { hint: 'Send JSON in UTF-8.' });
  const value = parsed(body.toString('utf8'));
  const field = repeatedName(body, opaque);
  if (field !== undefined) throw wrongInput('body', [{ field, message: `${shown(field)} is given twice.` }]);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new PaggioError('BAD_REQUEST', 'The body is not JSON', { hint: 'Send application/json.' });
  }
}

/**
 * Parses a query, which has no question mark.
 * @throws PaggioError `BAD_REQUEST` for more than 100 parameters, for a parameter that is given twice, and for bytes that are
 * not UTF-8
 */
export function parseQuery(text: string): Record<string, string> {
  if (text === '') return {};
  if (text.split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS) {
    throw new PaggioError('BAD_REQUEST', `The query has more than ${MAX_PARAMETERS} parameters`, {
      hint: 'Send only the parameters of this operation.',
    });
  }
  const query = new Map<string, string>();
  checkUtf8(text);
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name)) throw wrongInput('query', [{ field: name, message: `${shown(name)} is given twice.` }]);
    query.set(name, value);
  }
  return Object.fromEntries(query);
}

/**
 * Checks that a query is UTF-8 once its percent signs are decoded: the standard decoder would put a replacement character in
 * place of other bytes.
 */
function checkUtf8(query: string): void {
  if (!query.includes('%')) return;
  for (const pair of query.split('&')) {
    const bytes = pair.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (isUtf8(Buffer.from(bytes, 'latin1'))) continue;
    const field = shown(pair.split('=', 1)[0] as string);
    throw wrongInput('query', [{ field, message: `${field} is not UTF-8.` }]);
  }
}

/** @throws PaggioError `BAD_REQUEST` when there are parameters; it names them */
export function noQuery(query: Readonly<Record<string, string>>): void {
  const details = Object.keys(query).map(unknown);
  if (details.length > 0) throw wrongInput('query', details);
}

/**
 * Checks the body of an operation that takes none: it must be empty or an empty object.
 * @throws PaggioError `VALIDATION_FAILED`
 */
export function noBody(body: Buffer): void {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrongInput('body', [{ field: 'body', message: 'The body must be empty or an empty object.' }]);
  const details = Object.keys(value).map(unknown);
  if (details.length > 0) throw wrongInput('body', details);
}

function unknown(field: string): ErrorDetail {
  return { field, message: `There is no field "${shown(field)}".` };
}

/** Shortens a name for a message, because the sender chooses it and it may be as long as the body. */
function shown(name: string): string {
  return name.length <= 64 ? name : `${name.slice(0, 64)}...`.toWellFormed();
}

function toDetails(error: ValidationError, prefix: string): ErrorDetail[] {
  const { children = [], constraints = {}, property } = error;
  const target = error.target ?? {};
  const value: unknown = error.value;
  const isItem = Array.isArray(target);
  const field = isItem ? `${prefix}[${property}]` : prefix + (prefix === '' ? '' : '.') + property;
  if ('whitelistValidation' in constraints)
    return [{ field, message: rules.unknownName(property, namesOf(target.constructor as ClassConstructor<object>)) }];
  const shape = 'rule' in constraints ? ruleOf(target, property) : undefined;
  const [first] = Object.values(constraints);
  const own = shape?.(value, field) ?? (first === undefined ? [] : [{ field, message: sentence(first) }]);
  // If a value breaks its own rule, its members are not reported. The objects in a list are.
  const isList = shape?.schema.type === 'array' && Array.isArray(value);
  const nested = own.length === 0 ? children : isList ? children.filter((child) => isPlain(child.value)) : [];
  return [...own, ...nested.flatMap((child) => toDetails(child, field))];
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of a DTO. */
function namesOf(dto: ClassConstructor<object>): string[] {
  const found = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
  return [...new Set(found.map(({ propertyName }) => propertyName))];
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Finds input that must not reach the validator: text that PostgreSQL cannot store, names of prototypes, and large shapes. */
class HostileSearch {
  private values = 0;

  find(value: unknown, path = '', depth = 0): ErrorDetail | undefined {
    if (typeof value === 'string') return textProblem(value, path);
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth > MAX_DEPTH) return { field: path, message: `Objects may be nested at most ${MAX_DEPTH} deep.` };
    const isArray = Array.isArray(value);
    const names = Object.keys(value);
    if (names.length > (isArray ? MAX_ITEMS : MAX_MEMBERS)) {
      const message = isArray
        ? `An array may have at most ${MAX_ITEMS} items.`
        : `An object may have at most ${MAX_MEMBERS} members.`;
      return { field: path === '' ? 'body' : path, message };
    }
    this.values += names.length;
    if (this.values > MAX_VALUES) return { field: 'body', message: `A body may have at most ${MAX_VALUES} values.` };
    for (const name of names) {
      const here = isArray ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
      if (!isArray) {
        if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
          return { field: here, message: `There is no field "${name}".` };
        }
        const problem = textProblem(name, here);
        if (problem) return problem;
      }
      const found = this.find((value as Record<string, unknown>)[name], here, depth + 1);
      if (found) return found;
    }
    return undefined;
  }
}

function textProblem(text: string, field: string): ErrorDetail | undefined {
  const isFine = !text.includes('\0') && text.isWellFormed();
  return isFine ? undefined : { field, message: `${shown(field)} must be valid Unicode without NUL.` };
}
