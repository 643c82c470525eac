import 'reflect-metadata';
import type { JsonSchema } from '../openapi/schema';

const DOC = Symbol('paggio:doc');

export interface FieldDoc {
  text: string;
  /** Replaces the schema that follows from the validation rules. It is for fields that a use case validates itself. */
  schema?: JsonSchema;
}

/** Documents a field of a DTO for the OpenAPI document. */
export function Doc(text: string, schema?: JsonSchema): PropertyDecorator {
  return (target, property) => Reflect.defineMetadata(DOC, { text, schema }, target, property);
}

export function fieldDoc(dto: { prototype: object }, property: string): FieldDoc | undefined {
  return Reflect.getMetadata(DOC, dto.prototype, property) as FieldDoc | undefined;
}
