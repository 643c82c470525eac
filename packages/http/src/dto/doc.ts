import 'reflect-metadata';
import type { JsonSchema } from '../openapi/schema';

const DOC = Symbol('paggio:doc');

export interface FieldDoc {
  text: string;
  /** In place of the one that follows from the validation rules, for what a use case validates itself. */
  schema?: JsonSchema;
}

/** What a field of a DTO means, for the API's documentation. */
export function Doc(text: string, schema?: JsonSchema): PropertyDecorator {
  return (target, property) => Reflect.defineMetadata(DOC, { text, schema }, target, property);
}

export function fieldDoc(dto: { prototype: object }, property: string): FieldDoc | undefined {
  return Reflect.getMetadata(DOC, dto.prototype, property) as FieldDoc | undefined;
}
