import 'reflect-metadata';
import type { JsonSchema } from '../openapi/schema';

const FORMS = Symbol('paggio:forms');
const ALSO = Symbol('paggio:also');

/** One of the forms of a body: which members it has. */
export interface Form {
  description: string;
  required?: readonly string[];
  optional?: readonly string[];
  /** Values of members that are fewer than the validation rules take. */
  narrowed?: Readonly<Record<string, JsonSchema>>;
}

/** The forms of a body whose members do not all go together. Each body fits exactly one of them, or it is refused. */
export function Forms(...forms: readonly Form[]): ClassDecorator {
  return (target) => Reflect.defineMetadata(FORMS, forms, target);
}

export function formsOf(dto: object): readonly Form[] | undefined {
  return Reflect.getMetadata(FORMS, dto) as readonly Form[] | undefined;
}

/** What the members of a DTO obey together, for the document. The conversion of the DTO and the core enforce it. */
export function Also(schema: Pick<JsonSchema, 'anyOf' | 'not'>): ClassDecorator {
  return (target) => Reflect.defineMetadata(ALSO, schema, target);
}

export function alsoOf(dto: object): JsonSchema | undefined {
  return Reflect.getMetadata(ALSO, dto) as JsonSchema | undefined;
}

/** Both members stand in an object. */
export function both(first: string, second: string): JsonSchema {
  return { type: 'object', required: [first, second] };
}

/** Members that are there and not null. */
export function given(...names: readonly string[]): JsonSchema {
  const some: JsonSchema = { not: { type: 'null' } };
  return { required: names, properties: Object.fromEntries(names.map((name) => [name, some])) };
}
