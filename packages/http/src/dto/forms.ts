import 'reflect-metadata';
import type { JsonSchema } from '../openapi/schema';

const FORMS = Symbol('paggio:forms');
const ALSO = Symbol('paggio:also');

/** One of the forms of a body, with the members that it has. */
export interface Form {
  description: string;
  required?: readonly string[];
  optional?: readonly string[];
  /** Members for which this form accepts fewer values than the validation rules. */
  narrowed?: Readonly<Record<string, JsonSchema>>;
}

/**
 * Declares the forms of a body whose members cannot all be combined. A body that does not fit exactly one of them is
 * refused.
 */
export function Forms(...forms: readonly Form[]): ClassDecorator {
  return (target) => Reflect.defineMetadata(FORMS, forms, target);
}

export function formsOf(dto: object): readonly Form[] | undefined {
  return Reflect.getMetadata(FORMS, dto) as readonly Form[] | undefined;
}

/** Documents a rule about several members of a DTO. The conversion of the DTO and the core enforce it. */
export function Also(schema: Pick<JsonSchema, 'anyOf' | 'not'>): ClassDecorator {
  return (target) => Reflect.defineMetadata(ALSO, schema, target);
}

export function alsoOf(dto: object): JsonSchema | undefined {
  return Reflect.getMetadata(ALSO, dto) as JsonSchema | undefined;
}

/** The schema of an object that has both members. */
export function both(first: string, second: string): JsonSchema {
  return { type: 'object', required: [first, second] };
}

/** The schema of an object that has these members, none of them null. */
export function given(...names: readonly string[]): JsonSchema {
  const some: JsonSchema = { not: { type: 'null' } };
  return { required: names, properties: Object.fromEntries(names.map((name) => [name, some])) };
}
