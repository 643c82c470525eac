import { errorTable, type ErrorCode } from '@paggio/core';
import type { AnswerShape, Operation } from '../operation';
import { schemas } from '../resources/schemas';
import { bodySchema, dtoSchema } from './dto-schema';
import { examples } from './examples';
import { ref, type JsonSchema } from './schema';

export interface OpenApiDocument {
  openapi: '3.1.0';
  info: object;
  servers: readonly { url: string }[];
  security: readonly object[];
  paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  components: { schemas: Readonly<Record<string, JsonSchema>>; securitySchemes: object; headers: object };
}

interface OpenApiOperation {
  operationId: string;
  responses: Readonly<Record<string, object>>;
}

/** Rules for all operations, which their schemas do not repeat. */
const RULES = [
  'Bodies are JSON in UTF-8 without a content coding. Strings are valid Unicode without NUL, and no object repeats a member name.',
  'Objects and arrays are nested at most 64 deep. An object has at most 200 members, an array at most 1000 items, and a whole body at most 30000 values. These rules do not apply to payloads.',
  'The id of an event, endpoint, attempt or key may carry the prefix evt_, ep_, att_ or key_. An id that is malformed, unknown or owned by another user is answered with 404.',
  'The reference server accepts at most 16 KiB of headers; other servers have their own limits.',
].join(' ');

const ERROR = { 'application/json': { schema: ref('Error') } };
const descriptions: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'Done. The answer has no body.',
  304: 'Not modified: If-None-Match contains the current ETag.',
  503: 'Not ready.',
};

/** Makes the OpenAPI 3.1 document from the operation table: the rows that are served, with the rules that validate requests. */
export function createDocument(operations: readonly Operation[], serverUrl: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:([a-z_]+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Paggio',
      version: '1',
      summary: 'A webhook gateway: capture, verify, deliver, replay.',
      description: RULES,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    security: [{ key: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: pk_live_... or pk_test_...' },
      },
      headers: answerHeaders,
    },
  };
}

const count = (description: string): object => ({ description, schema: { type: 'integer' } });
const rateLimitHeaders = {
  'X-RateLimit-Limit': count('Size of the burst that the key may send at once.'),
  'X-RateLimit-Remaining': count('Requests that the key has left now.'),
  'X-RateLimit-Reset': count('When the full burst is available again, in Unix seconds.'),
};
const answerHeaders = {
  ...rateLimitHeaders,
  'Retry-After': count('Seconds to wait before the next request.'),
  'WWW-Authenticate': {
    description: 'What is missing or invalid: Bearer for an API key, Signature for a signature.',
    required: true,
    schema: { type: 'string' },
  },
  Location: { description: 'The path of the new object.', required: true, schema: { type: 'string' } },
  ETag: {
    description:
      'Identifies the current settings of the object, for If-Match and If-None-Match. It does not change with health or circuit.',
    required: true,
    schema: { type: 'string' },
  },
};

function headerRefs(...names: (keyof typeof answerHeaders)[]): { headers?: object } {
  if (names.length === 0) return {};
  return {
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
  };
}

const LIMITS = Object.keys(rateLimitHeaders) as (keyof typeof rateLimitHeaders)[];

/** Every way an operation may fail. */
export function errorsOf(operation: Operation): ErrorCode[] {
  const codes = new Set<ErrorCode>(['BAD_REQUEST', 'PAYLOAD_TOO_LARGE', 'INTERNAL', 'UNAVAILABLE']);
  // Every operation refuses a host name that this server does not have.
  codes.add('FORBIDDEN');
  if (operation.scope !== null) for (const code of ['UNAUTHORIZED', 'RATE_LIMITED'] as const) codes.add(code);
  if (operation.path.includes('/:')) codes.add('NOT_FOUND');
  if (operation.method !== 'GET')
    for (const code of ['VALIDATION_FAILED', 'UNSUPPORTED_MEDIA_TYPE'] as const) codes.add(code);
  if (operation.idempotent) codes.add('IDEMPOTENCY_KEY_CONFLICT');
  const isChange = operation.method !== 'GET' && operation.method !== 'POST';
  if (isChange || hasCondition(operation)) codes.add('PRECONDITION_FAILED');
  for (const code of operation.errors ?? []) codes.add(code);
  return (Object.keys(errorTable) as ErrorCode[]).filter((code) => codes.has(code));
}

function describe(operation: Operation): OpenApiOperation {
  return {
    operationId: operation.id,
    ...{ summary: operation.summary, tags: [operation.id.split('.')[0]] },
    ...(operation.scope === null ? { security: [] } : { description: scopesOf(operation) }),
    ...{ parameters: parametersOf(operation) },
    ...(operation.body ? { requestBody: requestBody(operation, bodySchema(operation.body)) } : {}),
    ...(operation.anyBody === undefined ? {} : { requestBody: anyBody(operation, operation.anyBody) }),
    responses: { ...answersOf(operation), ...failuresOf(operation) },
  };
}

function scopesOf({ scope, furtherScope }: Operation): string {
  return `Needs the scope \`${scope}\`.${furtherScope === undefined ? '' : ` ${furtherScope}`}`;
}

function parametersOf(operation: Operation): object[] {
  const { path: pathValues, query: queryValues, headers: headerValues } = examples[operation.id] ?? {};
  const values: Readonly<Record<string, unknown>> = { ...pathValues, ...queryValues, ...headerValues };
  const path = [...operation.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => ({
    name: name as string,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = operation.query === null ? {} : (dtoSchema(operation.query).properties ?? {});
  const named = Object.entries(query).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    schema: notNull(schema),
  }));
  const idempotencyKey = {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A request that repeats an earlier one with the same key creates nothing new. A different request with the same key is answered with 409. Keys are kept for 72 hours. A key in the body must be the same.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  };
  const headers = Object.entries(operation.headers ?? {}).map(([name, fact]) => ({ name, in: 'header', ...fact }));
  const conditions = hasCondition(operation) ? conditionHeaders(operation.method) : [];
  const all = [...path, ...named, ...headers, ...(operation.idempotent ? [idempotencyKey] : []), ...conditions];
  return all.map((one) => (one.name in values ? { ...one, example: values[one.name] } : one));
}

/**
 * Whether an operation honours `If-Match` and `If-None-Match`. A request that creates an object does not: there is no
 * tag yet.
 */
function hasCondition({ tagged, method }: Operation): boolean {
  return tagged === true && method !== 'POST';
}

function conditionHeaders(method: Operation['method']): { name: string }[] {
  const tags = 'Entity tags in double quotes, separated by commas, or *.';
  const ifNoneMatch =
    method === 'GET'
      ? 'The answer is 304 when the current ETag is one of these.'
      : 'The current ETag must not be one of these, or the answer is 412.';
  return [
    { name: 'If-Match', description: `The current ETag must be one of these, or the answer is 412. ${tags}` },
    { name: 'If-None-Match', description: `${ifNoneMatch} ${tags}` },
  ].map((header) => ({ ...header, in: 'header', schema: { type: 'string', pattern: TAGS } }));
}

const ENTITY_TAG = '(W/)?"[\\x21\\x23-\\x7e]*"';
const TAGS = `^(\\*|${ENTITY_TAG}([ \\t]*,[ \\t]*${ENTITY_TAG})*)$`;

/** Removes null from a schema, because a query cannot express it. */
function notNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values, ...rest } = schema;
  const plain = Array.isArray(type) ? type.filter((one) => one !== 'null') : type;
  return {
    ...(plain === undefined ? {} : { type: Array.isArray(plain) && plain.length === 1 ? plain[0] : plain }),
    ...(values === undefined ? {} : { enum: values.filter((value) => value !== null) }),
    ...rest,
  };
}

function requestBody({ id, method }: Operation, schema: JsonSchema): object {
  const required = method !== 'POST' || (schema.required ?? []).length > 0;
  return { required, content: { 'application/json': { schema, ...exampleOf(examples[id]?.body) } } };
}

function anyBody({ id }: Operation, description: string): object {
  const content = { 'application/json': { schema: {}, ...exampleOf(examples[id]?.body) } };
  return { required: true, description, content };
}

function exampleOf(example: unknown): { example?: unknown } {
  return example === undefined ? {} : { example };
}

function answersOf(operation: Operation): Record<string, object> {
  const answers = { ...operation.answers, ...(operation.method === 'GET' && operation.tagged ? { 304: null } : {}) };
  return Object.fromEntries(
    Object.entries(answers).map(([status, shape]) => [status, answer(operation, Number(status), shape)]),
  );
}

function answer({ id, scope, tagged }: Operation, status: number, shape: AnswerShape): object {
  const description = descriptions[status] ?? '';
  const headers = headerRefs(
    ...(status === 201 ? (['Location'] as const) : []),
    ...(tagged && status !== 204 ? (['ETag'] as const) : []),
    ...(scope === null ? [] : LIMITS),
  );
  if (shape === null) return { description, ...headers };
  const example = exampleOf(examples[id]?.status === status ? examples[id].answer : undefined);
  if ('schema' in shape)
    return { description, ...headers, content: { 'application/json': { schema: shape.schema, ...example } } };
  return { description: shape.description, ...headers, content: { [shape.mediaType]: example } };
}

function failuresOf(operation: Operation): Record<string, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(operation)) {
    const { status } = errorTable[code];
    // A status that is also one of the operation's answers keeps the shape of that answer.
    if (!(status in operation.answers)) byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const headersOf = (status: number): { headers?: object } => {
    if (status === 401) return headerRefs('WWW-Authenticate');
    if (status === 503) return headerRefs('Retry-After');
    return status === 429 ? headerRefs('Retry-After', ...LIMITS) : {};
  };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `${code}: ${errorTable[code].meaning}`).join(' '),
        ...headersOf(status),
        content: ERROR,
      },
    ]),
  );
}
