import 'reflect-metadata';
import type { Shape } from '@paggio/core';
import { Type, type ClassConstructor } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { Rule } from './rule';

const NESTED = Symbol('paggio:nested');

/**
 * An object of another DTO, or a list of them.
 * @param shape says which of the two, and whether it may be left out or null; the DTO says what is inside
 */
export function Nested(dto: () => ClassConstructor<object>, shape: Shape): PropertyDecorator {
  return (target, property) => {
    Rule(shape)(target, property);
    ValidateNested({ each: shape.schema.type === 'array' })(target, property);
    Type(dto)(target, property);
    Reflect.defineMetadata(NESTED, dto, target, property);
  };
}

export function nestedType(dto: { prototype: object }, property: string): ClassConstructor<object> | undefined {
  const type = Reflect.getMetadata(NESTED, dto.prototype, property) as (() => ClassConstructor<object>) | undefined;
  return type?.();
}
