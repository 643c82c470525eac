import 'reflect-metadata';
import type { JsonSchema } from '../openapi/schema';

const FORMS = Symbol('paggio:forms');

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
