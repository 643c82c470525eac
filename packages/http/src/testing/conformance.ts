import type { AxiosResponse } from 'axios';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { errorTable, type ErrorCode } from '@paggio/core';
import { createDocument, errorsOf } from '../openapi/document';
import type { Operation } from '../operation';
import { operations } from '../resources/operations';

const { components } = createDocument(operations, 'http://localhost');

function newAjv(): Ajv2020 {
  // Next to its members, a schema may say which of them go together. That list of required names declares no members.
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    allowUnionTypes: true,
    allErrors: true,
    // Optimised code takes longer to make than the few values of a test file take to check.
    code: { optimize: false },
  });
  addFormats(ajv);
  ajv.addKeyword('components');
  ajv.addSchema({ $id: 'openapi', components }, 'openapi', false, false);
  return ajv;
}

/**
 * What a worker of Jest has compiled, by the text of the document's schemas and then by that of a schema. Compiling takes longer
 * than checking, and most test files check the same answers. A worker loads this module for each test file, but ajv only once,
 * so ajv's class holds it.
 */
interface Keeper {
  paggioValidators?: Map<string, Compiled>;
}
interface Compiled {
  ajv: Ajv2020;
  byText: Map<string, ValidateFunction>;
}
const kept = ((Ajv2020 as Keeper).paggioValidators ??= new Map<string, Compiled>());
const componentsText = JSON.stringify(components);
const { ajv, byText } = kept.get(componentsText) ?? { ajv: newAjv(), byText: new Map<string, ValidateFunction>() };
kept.set(componentsText, { ajv, byText });
const validators = new Map<object, ValidateFunction>();

function validatorOf(schema: object): ValidateFunction {
  let validator = validators.get(schema);
  if (!validator) {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components');
    validator = byText.get(text) ?? ajv.compile(JSON.parse(text) as object);
    byText.set(text, validator);
    validators.set(schema, validator);
  }
  return validator;
}

/** Checks a value by a schema of the document. Returns the problems. */
export function problemsBySchema(schema: object, value: unknown): string[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

/** Compares an answer with what the document says about its operation. Returns the differences. */
export function problemsOf(operation: Operation, status: number, contentType: string, data: unknown): string[] {
  if (status === 304 && operation.tagged && operation.method === 'GET')
    return data === '' || data === undefined ? [] : ['an answer without a body has one'];
  const shape = operation.answers[status];
  if (shape === null) return data === '' || data === undefined ? [] : ['an answer without a body has one'];
  if (shape !== undefined) return 'schema' in shape ? problemsBySchema(shape.schema, data) : [];
  const { code } = data as { code: ErrorCode };
  const known = errorsOf(operation).filter((one) => errorTable[one].status === status);
  if (!known.includes(code)) return [`${status} ${code} is not among ${known.join(', ') || 'the documented answers'}`];
  if (!contentType.startsWith('application/json')) return [`an error comes as ${contentType}`];
  return problemsBySchema(ERROR, data);
}

const ERROR = { $ref: '#/components/schemas/Error' };

const patterns = operations.map((operation): [Operation, RegExp] => {
  const tail = operation.path.replaceAll(/:[a-z_]+/g, '[^/]+');
  // A health route below some prefix belongs to the host.
  return [operation, new RegExp(operation.part === 'health' ? `^${tail}$` : `${tail}$`)];
});

/** Throws when an answer differs from the document. It ignores answers of the host's own routes. */
export function expectConformance(response: AxiosResponse): void {
  const path = new URL(response.config.url ?? '', response.config.baseURL).pathname;
  const method = response.config.method?.toUpperCase() ?? 'GET';
  const operation = patterns.find(([one, pattern]) => one.method === method && pattern.test(path))?.[0];
  // This is the host's own 404, or the 404 of a part that is switched off.
  const { code, message } = (response.data ?? {}) as { code?: string; message?: string };
  if (response.status === 404 && (code === undefined || message === 'There is no such route')) return;
  if (!operation || response.config.responseType === 'arraybuffer' || response.config.responseType === 'stream') return;
  const problems = problemsOf(operation, response.status, String(response.headers['content-type']), response.data);
  if (problems.length > 0)
    throw new Error(
      `${method} ${path} answers ${response.status}, which differs from the document:\n${problems.join('\n')}`,
    );
}
