import 'reflect-metadata';
import type { ClassConstructor } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import type { RuleSchema, Shape } from '@paggio/core';
import { fieldDoc } from '../dto/doc';
import { alsoOf, formsOf } from '../dto/forms';
import { nestedType } from '../dto/nested';
import { ruleOf } from '../dto/rule';
import { timeInput } from '../dto/time';
import { nullable, type JsonSchema } from './schema';

type Rules = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>;

/**
 * Makes the schema of a DTO from the rules that validate it, so that the document says what is enforced.
 * @throws Error for a rule without a translation, so that none is left out silently
 */
export function dtoSchema(dto: ClassConstructor<object>): JsonSchema {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const name of new Set(rules.map((rule) => rule.propertyName))) {
    const own = rules.filter((rule) => rule.propertyName === name);
    const optional = own.some((rule) => rule.type === 'conditionalValidation');
    const acceptsNull =
      own.some((rule) => rule.name === 'isOptional') || ruleOf(dto.prototype as object, name)?.acceptsNull;
    const doc = fieldDoc(dto, name);
    const schema = doc?.schema ?? fieldSchema(dto, name, own);
    const shown = acceptsNull ? nullable(schema) : schema;
    properties[name] = doc === undefined ? shown : { ...shown, description: doc.text };
    if (!optional) required.push(name);
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    ...alsoOf(dto),
  };
}

/** The schema of a body: that of its DTO, or `oneOf` its forms. */
export function bodySchema(dto: ClassConstructor<object>): JsonSchema {
  const whole = dtoSchema(dto);
  const forms = formsOf(dto);
  if (!forms) return whole;
  return {
    oneOf: forms.map(({ description, required = [], optional = [], narrowed = {} }) => ({
      type: 'object',
      description,
      properties: Object.fromEntries(
        [...required, ...optional].map((name) => [name, { ...whole.properties?.[name], ...narrowed[name] }]),
      ),
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
    })),
  };
}

function fieldSchema(dto: ClassConstructor<object>, name: string, rules: Rules): JsonSchema {
  const inner = nestedOf(dto, name, rules);
  const own = merge(rules.map((rule) => translate(rule)));
  if (!inner) return own;
  return own.type === 'array' ? { ...own, items: inner } : inner;
}

function nestedOf(dto: ClassConstructor<object>, name: string, rules: Rules): JsonSchema | undefined {
  if (!rules.some((rule) => rule.type === 'nestedValidation')) return undefined;
  const type = nestedType(dto, name);
  if (!type) throw new Error(`${dto.name}.${name} is nested without @Nested.`);
  return dtoSchema(type);
}

function merge(schemas: readonly JsonSchema[]): JsonSchema {
  return Object.assign({}, ...schemas) as JsonSchema;
}

function translate(rule: Rules[number]): JsonSchema {
  if (rule.type !== 'customValidation') return {};
  const [first] = (rule.constraints ?? []) as [unknown];
  switch (rule.name ?? '') {
    case 'rule':
      return schemaOf((first as Shape).schema);
    case 'matches':
      return { type: 'string', pattern: (first as RegExp).source };
    case 'isTime':
      return timeInput;
    default:
      throw new Error(`No schema is known for the rule ${rule.name ?? '?'} of ${rule.propertyName}.`);
  }
}

/** The schema of a rule of the core. Objects and choices have a DTO or a schema of their own. */
function schemaOf({ properties: _properties, anyOf: _anyOf, items, ...schema }: RuleSchema): JsonSchema {
  return items === undefined ? schema : { ...schema, items: schemaOf(items) };
}
