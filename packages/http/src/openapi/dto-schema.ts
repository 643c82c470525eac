import 'reflect-metadata';
import type { ClassConstructor } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import { fieldDoc } from '../dto/doc';
import { formsOf } from '../dto/forms';
import { nestedType } from '../dto/nested';
import { nullable, type JsonSchema } from './schema';

type Rules = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>;

/**
 * The schema of a DTO, out of the very rules that validate it: what is documented is what is enforced.
 * @throws Error for a rule without a translation, so that none is left out silently
 */
export function dtoSchema(dto: ClassConstructor<object>): JsonSchema {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const name of new Set(rules.map((rule) => rule.propertyName))) {
    const own = rules.filter((rule) => rule.propertyName === name);
    // Null passes where the rule says optional; `IfGiven` refuses it.
    const optional = own.some((rule) => rule.type === 'conditionalValidation');
    const acceptsNull = own.some((rule) => rule.name === 'isOptional');
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
  const each = rules.filter((rule) => rule.each);
  const whole = rules.filter((rule) => !rule.each).map((rule) => translate(rule));
  const inner = nestedOf(dto, name, rules);
  if (!rules.some((rule) => rule.name === 'isArray'))
    return merge([...whole, ...each.map((rule) => translate(rule)), inner ?? {}]);
  return { ...merge(whole), items: inner ?? merge(each.map((rule) => translate(rule))) };
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
  const [first, second] = (rule.constraints ?? []) as [unknown, unknown];
  switch (rule.name ?? '') {
    case 'isString':
      return { type: 'string' };
    case 'isLength':
      return { minLength: first as number, maxLength: second as number };
    case 'maxLength':
      return { maxLength: first as number };
    case 'matches':
      return { type: 'string', pattern: (first as RegExp).source };
    case 'isIn':
      return { type: 'string', enum: first as unknown[] };
    case 'isInt':
      return { type: 'integer' };
    case 'min':
      return { minimum: first as number };
    case 'max':
      return { maximum: first as number };
    case 'isBoolean':
      return { type: 'boolean' };
    case 'isObject':
      return { type: 'object' };
    case 'isArray':
      return { type: 'array' };
    case 'arrayMaxSize':
      return { maxItems: first as number };
    case 'arrayNotEmpty':
      return { minItems: 1 };
    case 'arrayUnique':
      return { uniqueItems: true };
    case 'isTime':
      return { type: 'string', format: 'date-time' };
    default:
      throw new Error(`No schema is known for the rule ${rule.name ?? '?'} of ${rule.propertyName}.`);
  }
}
