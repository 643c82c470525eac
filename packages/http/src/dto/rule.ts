import 'reflect-metadata';
import { ValidateBy, ValidateIf } from 'class-validator';
import type { Shape } from '@paggio/core';

const RULE = Symbol('paggio:rule');

/**
 * Checks a field by a rule of the core. The same rule checks the arguments of in-process calls, so both refuse the same
 * values with the same words. The rule says whether the field may be left out or null.
 */
export function Rule(shape: Shape): PropertyDecorator {
  return (target, property) => {
    const isAbsent = (value: unknown): boolean => value === undefined || (value === null && shape.acceptsNull === true);
    if (shape.acceptsUndefined) ValidateIf((_, value) => !isAbsent(value))(target, property);
    const validator = { validate: (value: unknown) => shape(value, String(property)).length === 0 };
    ValidateBy({ name: 'rule', constraints: [shape], validator })(target, property);
    Reflect.defineMetadata(RULE, shape, target, property);
  };
}

export function ruleOf(dto: object, property: string): Shape | undefined {
  return Reflect.getMetadata(RULE, dto, property) as Shape | undefined;
}
