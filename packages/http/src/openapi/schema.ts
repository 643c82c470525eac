/** JSON Schema 2020-12, the dialect of OpenAPI 3.1: as much of it as this API needs. */
export interface JsonSchema {
  $ref?: string;
  type?: SchemaType | SchemaType[];
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  propertyNames?: JsonSchema;
  maxProperties?: number;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  anyOf?: readonly JsonSchema[];
  oneOf?: readonly JsonSchema[];
  not?: JsonSchema;
  default?: unknown;
  contentEncoding?: string;
}

type SchemaType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** One of the named schemas of the document. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** An object with these members and no others; `name?` marks one that may be left out. */
export function object(members: Readonly<Record<string, JsonSchema>>, description?: string): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, schema] of Object.entries(members)) {
    const optional = name.endsWith('?');
    const plain = optional ? name.slice(0, -1) : name;
    properties[plain] = schema;
    if (!optional) required.push(plain);
  }
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    required,
    additionalProperties: false,
  };
}

export function array(items: JsonSchema, description?: string): JsonSchema {
  return { type: 'array', ...(description === undefined ? {} : { description }), items };
}

export function nullable(schema: JsonSchema): JsonSchema {
  if (schema.anyOf !== undefined && schema.type === undefined)
    return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  if (schema.$ref !== undefined || Array.isArray(schema.type) || schema.type === undefined)
    return { anyOf: [schema, { type: 'null' }] };
  // An enumeration must list null, or it would refuse it.
  const values = schema.enum === undefined ? {} : { enum: [...schema.enum, null] };
  return { ...schema, type: [schema.type, 'null'], ...values };
}

export function text(description?: string): JsonSchema {
  return { type: 'string', ...(description === undefined ? {} : { description }) };
}

export function integer(description?: string): JsonSchema {
  return { type: 'integer', ...(description === undefined ? {} : { description }) };
}

export function oneOf(values: readonly string[], description?: string): JsonSchema {
  return { type: 'string', ...(description === undefined ? {} : { description }), enum: values };
}

export const flag: JsonSchema = { type: 'boolean' };
export const uuid: JsonSchema = { type: 'string', format: 'uuid' };
export const time: JsonSchema = { type: 'string', format: 'date-time', description: 'UTC, with milliseconds.' };
export const texts: JsonSchema = array(text());
/** Header names and values, or any other names with text. */
export const textMap: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };
