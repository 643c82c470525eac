import { didYouMean } from '@paggio/providers';
import type { ErrorDetail } from '../errors';

/** Checks a value and returns what is wrong with it. `field` is what its caller calls it. */
export type Shape = (value: unknown, field: string) => ErrorDetail[];

const wrong = (field: string, message: string): ErrorDetail[] => [{ field, message }];

/** Says of a value that should be there and is undefined where it may have come from. */
function problem(value: unknown, field: string, message: string): ErrorDetail[] {
  return wrong(field, value === undefined ? `${field} is required.` : message);
}

/** Text that PostgreSQL can store. */
export function text(min: number, max: number, pattern?: RegExp, what?: string): Shape {
  return (value, field) => {
    if (typeof value !== 'string') return problem(value, field, `${field} must be a text.`);
    if (value.length < min || value.length > max)
      return wrong(field, `${field} must have ${min} to ${max} characters.`);
    if (value.includes('\0') || !value.isWellFormed())
      return wrong(field, `${field} must be valid Unicode without NUL.`);
    return pattern === undefined || pattern.test(value) ? [] : wrong(field, `${field} must be ${what ?? 'valid'}.`);
  };
}

export function integer(min: number, max: number): Shape {
  return (value, field) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? []
      : problem(value, field, `${field} must be a whole number from ${min} to ${max}.`);
}

export const flag: Shape = (value, field) =>
  typeof value === 'boolean' ? [] : problem(value, field, `${field} must be true or false.`);

export const time: Shape = (value, field) =>
  value instanceof Date && !Number.isNaN(value.getTime())
    ? []
    : problem(value, field, `${field} must be a valid Date.`);

export function oneOf(values: readonly string[]): Shape {
  return (value, field) =>
    typeof value === 'string' && values.includes(value)
      ? []
      : problem(value, field, `${field} must be one of: ${values.join(', ')}.`);
}

export function list(item: Shape, min = 0, max = Number.POSITIVE_INFINITY): Shape {
  return (value, field) => {
    if (!Array.isArray(value)) return problem(value, field, `${field} must be an array.`);
    if (value.length < min || value.length > max)
      return wrong(
        field,
        `${field} must have ${min} to ${max === Number.POSITIVE_INFINITY ? 'any number of' : max} items.`,
      );
    return value.flatMap((one, index) => item(one, `${field}[${index}]`));
  };
}

/** A secret: it often comes from an environment variable that is not set. */
export const secret: Shape = (value, field) => {
  if (value === undefined) return wrong(field, `${field} is undefined: is the environment variable set?`);
  return text(1, 65_536)(value, field);
};

/** A plain object. */
export const object: Shape = (value, field) =>
  isObject(value) ? [] : problem(value, field, `${field} must be an object.`);

/** An object with these members. Unknown ones are refused, unless `open`. */
export function members(shapes: Readonly<Record<string, Shape>>, { open = false } = {}): Shape {
  const names = Object.keys(shapes);
  return (value, field) => {
    if (!isObject(value)) return object(value, field === '' ? 'input' : field);
    const place = (name: string): string => (field === '' ? name : `${field}.${name}`);
    const unknown = open ? [] : Object.keys(value).filter((name) => !Object.hasOwn(shapes, name));
    return [
      ...unknown.flatMap((name) => wrong(place(name), `There is no "${name}" here.${suggestion(name, names)}`)),
      ...names.flatMap((name) => (shapes[name] as Shape)(value[name], place(name))),
    ];
  };
}

export function optional(shape: Shape): Shape {
  return (value, field) => (value === undefined ? [] : shape(value, field));
}

export function nullable(shape: Shape): Shape {
  return (value, field) => (value === null ? [] : shape(value, field));
}

export function either(first: Shape, second: Shape): Shape {
  return (value, field) => (typeof value === 'string' ? first(value, field) : second(value, field));
}

export const anything: Shape = () => [];

function isObject(value: unknown): value is Record<string, unknown> {
  // A Date or a Map has no members to look at.
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** The wire has `destination_url` where the code has `destinationUrl`. */
function suggestion(name: string, names: readonly string[]): string {
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return names.includes(camel) ? ` Did you mean "${camel}"?` : didYouMean(camel, names);
}
