import 'reflect-metadata';
import { Type, type ClassConstructor } from 'class-transformer';
import { IsObject, ValidateNested } from 'class-validator';

const NESTED = Symbol('paggio:nested');

/** An object, or with `each` a list of objects, of another DTO. */
export function Nested(dto: () => ClassConstructor<object>, options: { each?: boolean } = {}): PropertyDecorator {
  return (target, property) => {
    IsObject(options)(target, property);
    ValidateNested(options)(target, property);
    Type(dto)(target, property);
    Reflect.defineMetadata(NESTED, dto, target, property);
  };
}

export function nestedType(dto: { prototype: object }, property: string): ClassConstructor<object> | undefined {
  const type = Reflect.getMetadata(NESTED, dto.prototype, property) as (() => ClassConstructor<object>) | undefined;
  return type?.();
}
