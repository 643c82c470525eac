// Writes types from docs/openapi.json. The client gets a type for each schema and the table of operations
// (packages/client/src/api.ts). The server gets only the types of the schemas
// (packages/http/src/generated/wire-types.ts), against which its answers are checked. Tests compare both files with the
// document.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const document = JSON.parse(readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8'));

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  // In a schema with properties, anyOf only says which of them go together.
  if (schema.anyOf && !schema.properties) return [...new Set(schema.anyOf.map(typeOf))].join(' | ');
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(' | ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      const item = typeOf(schema.items ?? {});
      return schema.items?.type === 'object' || /^\w+$/.test(item) ? `${item}[]` : `(${item})[]`;
    }
    case 'object':
      return objectOf(schema);
    default:
      return 'unknown';
  }
}

function objectOf(schema) {
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const doc = inner.description ? `/** ${inner.description} */\n` : '';
    return `${doc}${JSON.stringify(name)}${required.has(name) ? '' : '?'}: ${typeOf(inner)};`;
  });
  if (members.length > 0) return `{\n${members.join('\n')}\n}`;
  if (typeof schema.additionalProperties === 'object') return `Record<string, ${typeOf(schema.additionalProperties)}>`;
  return schema.additionalProperties === false ? 'Record<string, never>' : 'Record<string, unknown>';
}

const schemas = Object.entries(document.components.schemas).map(
  ([name, schema]) =>
    `${schema.description ? `/** ${schema.description} */\n` : ''}export type ${name} = ${typeOf(schema)};`,
);

function objectOfParameters(parameters) {
  if (parameters.length === 0) return 'undefined';
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [name, { ...schema, description }]),
  );
  return objectOf({ properties, required: parameters.filter(({ required }) => required).map(({ name }) => name) });
}

const types = [];
const table = [];
for (const [path, methods] of Object.entries(document.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const of = (where) => operation.parameters.filter((one) => one.in === where);
    const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
    const bodies = successes.map(([, answer]) => answer.content?.['application/json']?.schema);
    const answer = bodies.every((schema) => schema === undefined)
      ? 'undefined'
      : [...new Set(bodies.map(typeOf))].join(' | ');
    const request = operation.requestBody?.content['application/json'].schema;
    types.push(`/** ${operation.summary} ${operation.description ?? ''} */
      ${JSON.stringify(operation.operationId)}: {
        params: ${objectOfParameters(of('path'))};
        query: ${objectOfParameters(of('query'))};
        body: ${request ? typeOf(request) : 'undefined'};
        answer: ${answer};
      };`);
    const idempotent = of('header').some(({ name }) => name === 'Idempotency-Key');
    table.push(
      `${JSON.stringify(operation.operationId)}: { method: '${method.toUpperCase()}', path: '${path}', idempotent: ${idempotent} },`,
    );
  }
}

const origin = '// Made from docs/openapi.json by scripts/api-types.mjs: npm run openapi.';

const client = `${origin}

${schemas.join('\n\n')}

export type ErrorCode = ${typeOf(document.components.schemas.Error.properties.code)};

/** What each operation takes and answers. */
export interface Operations {
${types.join('\n')}
}

export type OperationId = keyof Operations;

export const operations: Readonly<Record<OperationId, { method: string; path: string; idempotent: boolean }>> = {
${table.join('\n')}
};
`;
await write('../packages/client/src/api.ts', client);
await write('../packages/http/src/generated/wire-types.ts', `${origin}\n\n${schemas.join('\n\n')}\n`);

/**
 * Writes a file only if its text changes, because tests that run at the same time read it. It loads the formatter only then,
 * because that takes longer than everything else.
 */
async function write(path, text) {
  const file = new URL(path, import.meta.url);
  if (existsSync(file) && withoutLayout(readFileSync(file, 'utf8')) === withoutLayout(text)) return;
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(file, await format(text, { ...(await resolveConfig(file.pathname)), parser: 'typescript' }));
}

/** A text without what the formatter changes. */
function withoutLayout(text) {
  return text
    .replaceAll(/[\s"']/g, '')
    .replaceAll(/([=:(<])\|/g, '$1')
    .replaceAll(/,([>})])/g, '$1');
}
