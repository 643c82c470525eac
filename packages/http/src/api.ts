import { PaggioError, unauthorized, type Paggio, type Principal, type Scope } from '@paggio/core';
import { errorAnswer, type Answer } from './answer';
import type { ApiRequest, Operation } from './operation';
import { operations } from './operations';

interface Route {
  operation: Operation;
  segments: readonly string[];
}

export interface ApiOptions {
  /** Serves `/health` and `/health/live`. Default false: they are the host's. */
  health?: boolean;
  onFault?: (error: unknown, requestId: string) => void;
}

/** The management API: matches a request, authenticates, runs the operation, and turns every failure into the envelope. */
export class Api {
  private readonly routes: readonly Route[];
  private readonly onFault: (error: unknown, requestId: string) => void;

  constructor(
    private readonly paggio: Paggio,
    options: ApiOptions = {},
  ) {
    this.onFault = options.onFault ?? (() => undefined);
    this.routes = operations
      .filter((operation) =>
        operation.id.startsWith('health.') ? options.health === true : paggio.options.roles.has('api'),
      )
      .map((operation) => ({ operation, segments: operation.path.split('/').slice(1) }));
  }

  /** Whether an operation has this path, with whatever method. Other paths are the host's, also below `/api/v1`. */
  owns(path: string): boolean {
    const segments = path.split('/').slice(1);
    return this.routes.some((route) => matchSegments(route.segments, segments) !== undefined);
  }

  /** The paths of what this process serves, with `:name` for parameters. */
  get paths(): string[] {
    return [...new Set(this.routes.map((route) => route.operation.path))];
  }

  /** Whether this process serves an operation: its role may be another one's. */
  offers(operation: Operation): boolean {
    return this.routes.some((route) => route.operation === operation);
  }

  /** Whether an operation has this path and method. */
  serves(method: string, path: string): boolean {
    const segments = path.split('/').slice(1);
    return this.routes.some(
      (route) => route.operation.method === asGet(method) && matchSegments(route.segments, segments) !== undefined,
    );
  }

  /** Never throws. */
  async handle(request: ApiRequest): Promise<Answer> {
    try {
      const { operation, params } = this.match(request);
      const principal =
        operation.scope === null ? nobody : await this.authorize(request.authorization, operation.scope);
      return await this.run(operation, request, params, principal);
    } catch (error) {
      return this.fail(error);
    }
  }

  /** For somebody who was authenticated in another way. The operation's scope is needed all the same. Never throws. */
  async handleAs(principal: Principal, request: ApiRequest): Promise<Answer> {
    try {
      const { operation, params } = this.match(request);
      if (operation.scope !== null) requireScope(principal, operation.scope);
      return await this.run(operation, request, params, principal);
    } catch (error) {
      return this.fail(error);
    }
  }

  /** @throws what the operation throws */
  async run(
    operation: Operation,
    request: Pick<ApiRequest, 'query' | 'body' | 'idempotencyKeys'>,
    params: Readonly<Record<string, string>>,
    principal: Principal,
  ): Promise<Answer> {
    return operation.run({
      paggio: this.paggio,
      principal,
      params,
      query: queryOf(request.query),
      idempotencyKey: idempotencyKeyOf(request.idempotencyKeys),
      body: request.body,
    });
  }

  /** @throws PaggioError `UNAUTHORIZED` or `FORBIDDEN` */
  async authorize(authorization: readonly string[], scope: Scope): Promise<Principal> {
    // Two of them: which one a proxy in front has looked at is unknown.
    const [header] = authorization;
    if (authorization.length !== 1 || header === undefined) throw unauthorized();
    const key = /^bearer +([^\s]+) *$/i.exec(header)?.[1];
    if (key === undefined) throw unauthorized();
    const principal = await this.paggio.keys.authenticate(key);
    requireScope(principal, scope);
    return principal;
  }

  fail(error: unknown): Answer {
    return errorAnswer(error, this.onFault);
  }

  private match(request: ApiRequest): { operation: Operation; params: Record<string, string> } {
    const segments = request.path.split('/').slice(1);
    const method = asGet(request.method);
    const allowed: string[] = [];
    for (const route of this.routes) {
      const params = matchSegments(route.segments, segments);
      if (!params) continue;
      if (route.operation.method === method) return { operation: route.operation, params };
      allowed.push(route.operation.method);
    }
    if (allowed.length > 0) {
      throw new PaggioError('METHOD_NOT_ALLOWED', `${request.method} is not possible here`, {
        hint: `Possible: ${allowed.join(', ')}.`,
        headers: [['allow', allowed.join(', ')]],
      });
    }
    throw noSuchRoute();
  }
}

export function noSuchRoute(): PaggioError {
  return new PaggioError('NOT_FOUND', 'There is no such route', { hint: 'Routes begin with /api/v1.' });
}

const nobody: Principal = { userId: '', mode: 'live', scopes: new Set(), keyId: null };

function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.has(scope)) return;
  throw new PaggioError('FORBIDDEN', `This API key lacks the scope "${scope}"`, {
    hint: 'Use a key that has it; keys with the scope admin can create one.',
  });
}

/** A HEAD is a GET whose body the server leaves out. */
function asGet(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (let i = 0; i < pattern.length; i++) {
    const expected = pattern[i] as string;
    const actual = segments[i] as string;
    if (expected.startsWith(':')) params[expected.slice(1)] = actual;
    else if (expected !== actual) return undefined;
  }
  return params;
}

/** @throws PaggioError `BAD_REQUEST` for a key that is empty, too long, or given twice */
function idempotencyKeyOf(values: readonly string[]): string | null {
  const [key] = values;
  if (key === undefined) return null;
  if (values.length === 1 && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const message = 'Idempotency-Key must be one header of 1 to 255 visible ASCII characters.';
  throw new PaggioError('BAD_REQUEST', 'Wrong header: Idempotency-Key', {
    hint: message,
    details: [{ field: 'Idempotency-Key', message }],
  });
}

/** @throws PaggioError `BAD_REQUEST` for a parameter that is given twice */
function queryOf(text: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in query) {
      throw new PaggioError('BAD_REQUEST', `Wrong query parameter: ${name}`, {
        hint: `${name} is given twice.`,
        details: [{ field: name, message: `${name} is given twice.` }],
      });
    }
    query[name] = value;
  }
  return { ...query };
}
