import { didYouMean } from '@paggio/providers';
import type { ErrorDetail } from '../errors';
import { FIRST_MS, LAST_MS } from './time';

/** Describes a rule for the API's documentation, in keywords of JSON Schema. */
export interface RuleSchema {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  enum?: readonly unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: RuleSchema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  properties?: Readonly<Record<string, Shape>>;
  anyOf?: readonly Shape[];
}

/**
 * A rule for a value. It is called with a value and the name of its field, and returns the problems, or an empty array
 * when there are none. It checks the type of a value first and then its range.
 */
export interface Shape {
  (value: unknown, field: string): readonly ErrorDetail[];
  readonly schema: RuleSchema;
  /** Whether undefined is accepted. */
  readonly acceptsUndefined?: boolean;
  readonly acceptsNull?: boolean;
}

/** All valid calls share this array, because they are frequent. */
const nothing: readonly ErrorDetail[] = Object.freeze([]);

const wrong = (field: string, message: string): ErrorDetail[] => [{ field, message }];

/** The problem of a value with the wrong type. A missing value is reported as missing. */
function mistyped(value: unknown, field: string, message: string): ErrorDetail[] {
  return wrong(field, value === undefined ? `${field} is required.` : message);
}

export function rule(check: (value: unknown, field: string) => readonly ErrorDetail[], schema: RuleSchema = {}): Shape {
  return Object.assign((value: unknown, field: string) => check(value, field), { schema });
}

/** A rule that asks one question. `what` follows the field in the message, as in "must be a function". */
export function satisfying(isFine: (value: unknown) => boolean, what: string, schema: RuleSchema = {}): Shape {
  return rule(
    (value, field) => (isFine(value) ? nothing : mistyped(value, field, sentence(`${field} ${what}`))),
    schema,
  );
}

/** Adds a full stop, unless the text already ends in one, as in "letters, digits, _ or .". */
function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Any text, for values that the operation itself looks up or parses. */
export const anyText = satisfying((value) => typeof value === 'string', 'must be a string', { type: 'string' });

/**
 * Text that PostgreSQL can store.
 * @param what describes what `pattern` asks for, as in "must be an event type"
 */
export function text(min: number, max = Number.POSITIVE_INFINITY, pattern?: RegExp, what = 'valid'): Shape {
  const schema: RuleSchema = {
    type: 'string',
    ...(min > 0 ? { minLength: min } : {}),
    ...(max === Number.POSITIVE_INFINITY ? {} : { maxLength: max }),
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
  };
  return rule((value, field) => {
    if (typeof value !== 'string') return mistyped(value, field, `${field} must be a string.`);
    if (value.length < min || value.length > max)
      return wrong(field, `${field} must have ${min} to ${max} characters.`);
    if (value.includes('\0') || !value.isWellFormed())
      return wrong(field, `${field} must be valid Unicode without NUL.`);
    return pattern === undefined || pattern.test(value) ? nothing : wrong(field, sentence(`${field} must be ${what}`));
  }, schema);
}

/** Text that matches a pattern. The pattern limits its length too. */
export function matching(pattern: RegExp, what: string): Shape {
  return rule(
    (value, field) => {
      if (typeof value !== 'string') return mistyped(value, field, `${field} must be a string.`);
      return pattern.test(value) ? nothing : wrong(field, sentence(`${field} must be ${what}`));
    },
    { type: 'string', pattern: pattern.source },
  );
}

export function integer(min: number, max: number): Shape {
  const what = `must be a whole number from ${min} to ${max}`;
  return satisfying(
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    what,
    { type: 'integer', minimum: min, maximum: max },
  );
}

export const flag = satisfying((value) => typeof value === 'boolean', 'must be true or false', { type: 'boolean' });

export const time = satisfying((value) => {
  const at = value instanceof Date ? value.getTime() : Number.NaN;
  return at >= FIRST_MS && at <= LAST_MS;
}, 'must be a valid Date from 1970 to 9999');

export function oneOf(values: readonly string[]): Shape {
  return satisfying(
    (value) => typeof value === 'string' && values.includes(value),
    `must be one of: ${values.join(', ')}`,
    { type: 'string', enum: values },
  );
}

export const callable = satisfying((value) => typeof value === 'function', 'must be a function');

/** A list of items. @param unique whether each item may be in it only once */
export function list(
  item: Shape,
  { min = 0, max = Number.POSITIVE_INFINITY, unique = false }: { min?: number; max?: number; unique?: boolean } = {},
): Shape {
  const schema: RuleSchema = {
    type: 'array',
    items: item.schema,
    ...(min > 0 ? { minItems: min } : {}),
    ...(max === Number.POSITIVE_INFINITY ? {} : { maxItems: max }),
    ...(unique ? { uniqueItems: true } : {}),
  };
  return rule((value, field) => {
    if (!Array.isArray(value)) return mistyped(value, field, `${field} must be an array.`);
    if (value.length < min || value.length > max) {
      const range = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
      return wrong(field, `${field} must have ${range} items.`);
    }
    let problems: ErrorDetail[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const found = judged(value, index, item, `${field}[${index}]`);
      if (found.length > 0) (problems ??= []).push(...found);
    }
    if (problems) return problems;
    return unique && new Set(value).size < value.length ? wrong(field, `${field} must not repeat an item.`) : nothing;
  }, schema);
}

/** A plain object. */
export const object = satisfying(isObject, 'must be an object', { type: 'object' });

/** An object that maps names of any kind to values of one kind. */
export function record(item: Shape): Shape {
  return rule(
    (value, field) => {
      if (!isObject(value)) return object(value, field);
      return Object.keys(value).flatMap((name) => judged(value, name, item, `${field}.${name}`));
    },
    { type: 'object' },
  );
}

const MAX_DEPTH = 64;

/** An object of plain data that can be read completely. The operation itself checks its members. */
export const data: Shape = rule(
  (value, field) => {
    const found = object(value, field);
    return found.length > 0 ? found : unreadable(value, field, 0);
  },
  { type: 'object' },
);

function unreadable(value: unknown, field: string, depth: number): readonly ErrorDetail[] {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return wrong(field, `${field} must be a JSON value.`);
  if (typeof value !== 'object' || value === null) return nothing;
  if (depth > MAX_DEPTH) return wrong(field, `Objects may be nested at most ${MAX_DEPTH} deep.`);
  const inner = rule((one, place) => unreadable(one, place, depth + 1));
  return Object.keys(value).flatMap((name) => judged(value, name, inner, `${field}.${name}`));
}

/**
 * An object with these members. Other names are refused, also in prototypes of the object.
 * @param settings `open` accepts further members, because the caller may pass a larger object of its own; `options`
 * calls the members options in messages
 */
export function members(
  shapes: Readonly<Record<string, Shape>>,
  { open = false, options = false }: { open?: boolean; options?: boolean } = {},
): Shape {
  const names = Object.keys(shapes);
  return rule(
    (value, field) => {
      if (!isObject(value)) return object(value, field === '' ? 'input' : field);
      const place = (name: string): string => (field === '' ? name : `${field}.${name}`);
      let problems: ErrorDetail[] | undefined;
      for (let own: object | null = open ? null : value; own !== null; own = inherited(own)) {
        for (const name of Object.keys(own)) {
          if (Object.hasOwn(shapes, name)) continue;
          (problems ??= []).push({ field: place(name), message: (options ? unknownOption : unknownName)(name, names) });
        }
      }
      for (const name of names) {
        const found = judged(value, name, shapes[name] as Shape, field === '' ? name : `${field}.${name}`);
        if (found.length > 0) (problems ??= []).push(...found);
      }
      return problems ?? nothing;
    },
    { type: 'object', properties: shapes },
  );
}

/** Returns the prototype of an object, or null if that is the root prototype, which all objects share. */
function inherited(value: object): object | null {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null ? null : prototype;
}

/** Judges one member of a value. A getter or a proxy may throw. */
function judged(value: object, name: string | number, shape: Shape, field: string): readonly ErrorDetail[] {
  try {
    return shape((value as Record<string | number, unknown>)[name], field);
  } catch {
    return cannotBeRead(field);
  }
}

export function cannotBeRead(field: string): ErrorDetail[] {
  return wrong(field, `${field} cannot be read.`);
}

const SHOWN_NAME = 64;

/** The message about an unknown name. It cuts the name, which may be as long as the input. */
export function unknownName(name: string, names: readonly string[]): string {
  return name.length <= SHOWN_NAME
    ? `There is no field "${name}".${suggestion(name, names)}`
    : `There is no field "${`${name.slice(0, SHOWN_NAME)}...`.toWellFormed()}".`;
}

export function unknownOption(name: string, names: readonly string[]): string {
  return `There is no option "${name}".${suggestion(name, names)}`;
}

export function optional(shape: Shape): Shape {
  const check = rule((value, field) => (value === undefined ? nothing : shape(value, field)), shape.schema);
  return Object.assign(check, { acceptsUndefined: true, acceptsNull: shape.acceptsNull ?? false });
}

export function nullable(shape: Shape): Shape {
  const check = rule((value, field) => (value === null ? nothing : shape(value, field)), shape.schema);
  return Object.assign(check, { acceptsUndefined: shape.acceptsUndefined ?? false, acceptsNull: true });
}

/** Applies the first rule to a text, and the second to any other value. */
export function either(first: Shape, second: Shape): Shape {
  return rule((value, field) => (typeof value === 'string' ? first(value, field) : second(value, field)), {
    anyOf: [first, second],
  });
}

/** A rule for values that the operation checks by itself. */
export const anything: Shape = rule(() => nothing);

function isObject(value: unknown): value is Record<string, unknown> {
  // A Date or a Map has no members to look at.
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Suggests a similar name. It also finds names in the other spelling: `destination_url` and `destinationUrl`. */
function suggestion(name: string, names: readonly string[]): string {
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (names.includes(camel)) return ` Did you mean "${camel}"?`;
  const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return names.includes(snake) ? ` Did you mean "${snake}"?` : didYouMean(name, names) || didYouMean(camel, names);
}
