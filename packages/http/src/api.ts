import {
  networkOf,
  PaggioError,
  rateHeaders,
  rateLimited,
  RateLimiter,
  unauthorized,
  type Paggio,
  type Principal,
  type RateLimit,
  type RateVerdict,
} from '@paggio/core';
import { errorAnswer, type Answer, type ErrorBody } from './answer';
import { HostMemory } from './body-memory';
import type { Dialect } from './dialects/dialect';
import { valuesOf } from './header-values';
import { HostAccess, type Identity, type HostAccessOptions } from './host-access';
import type { AskingRequest } from './asking-request';
import { RequestAborted, type ApiRequest, type Operation, type ReadBody } from './operation';
import { inputOf } from './operation-input';
import { metricsOf } from './metrics';
import { createDocument } from './openapi/document';
import { operations } from './resources/operations';
import { parseQuery } from './parse';
import { conditionalAnswer } from './precondition';
import { RouteTable, type Match } from './route-table';
import { SharedChecks } from './shared-checks';
import { Streams } from './streams';
import { toWireError } from './wire-names';

/** The largest body of an operation that takes one, in bytes. Published events have their own limit. */
const BODY_LIMIT = 1024 * 1024;
/** The largest body of every other operation, in bytes: these accept an empty object only. */
const NO_BODY_LIMIT = 4 * 1024;

export interface ApiOptions extends HostAccessOptions<never> {
  /** Serves `/health` and `/health/live`. Default false: the host answers these paths itself. */
  health?: boolean;
  /** Serves `/openapi.json`. Default false. */
  openapi?: boolean;
  /** Serves `/metrics` to live keys with the scope `operator`. Default false. */
  metrics?: boolean;
  onFault?: (error: unknown, requestId: string) => void;
}

/** The sender of a request, and the rate-limit headers of the answer. */
export interface Caller extends Identity {
  headers: readonly (readonly [string, string])[];
  /** The name that limits count under: a key, the key behind a session, a user, or an address. */
  holder: string;
}

/** Attempts with invalid keys, for each address. Nobody can guess a key; this bounds what the attempts cost. */
const WRONG_KEYS: RateLimit = { perSecond: 10, burst: 100 };

/** The limits on senders. All dialects share them, and all handlers that use the same `Api`. */
interface Limits {
  api: RateLimiter | null;
  ingest: RateLimiter | null;
  wrongKeys: RateLimiter;
  memory: HostMemory;
  streams: Streams;
  checks: SharedChecks;
}

function limitsOf(paggio: Paggio): Limits {
  const { apiRateLimit, ingestRateLimit } = paggio.host.options;
  return {
    api: apiRateLimit && new RateLimiter(apiRateLimit),
    ingest: ingestRateLimit && new RateLimiter(ingestRateLimit),
    wrongKeys: new RateLimiter(WRONG_KEYS),
    memory: new HostMemory(),
    streams: new Streams(),
    checks: new SharedChecks(),
  };
}

/**
 * The management API. It matches a request, authenticates and authorizes the sender by the headers alone, and only then
 * reads the body and runs the operation. Every failure becomes the error envelope.
 */
export class Api {
  private readonly routes: RouteTable;
  private readonly onFault: (error: unknown, requestId: string) => void;
  readonly access: HostAccess;

  /**
   * @param table the operations that are served: the contract, or those of a dialect
   * @param limits all tables share them, so a key has one limit for all dialects
   */
  constructor(
    private readonly paggio: Paggio,
    private readonly options: ApiOptions = {},
    private readonly table: readonly Operation[] = operations,
    private readonly errorBody?: ErrorBody,
    private readonly limits: Limits = limitsOf(paggio),
  ) {
    this.onFault = options.onFault ?? (() => undefined);
    this.access = new HostAccess(paggio, options);
    // Metrics count from the start of the process, not from the first request for them.
    if (options.metrics) metricsOf(paggio);
    const { roles } = paggio.host.options;
    const isServed = ({ part }: Operation): boolean =>
      part === undefined ? roles.has('api') : part === 'ingest' ? roles.has('capture') : options[part] === true;
    this.routes = new RouteTable(this.table.filter(isServed));
  }

  /** An API with the same use cases, keys and limits, but with the routes and errors of another product. */
  speaking({ operations: table, errorBody }: Dialect): Api {
    return new Api(this.paggio, this.options, table, errorBody, this.limits);
  }

  /** The memory for the bodies of this host. */
  get memory(): HostMemory {
    return this.limits.memory;
  }

  /** Validity checks of keys and sessions. Many open streams may ask for the same one at once. */
  get checks(): SharedChecks {
    return this.limits.checks;
  }

  /** The paths that this process serves, with `:name` for parameters. */
  get paths(): string[] {
    return [...new Set(this.routes.operations.map(({ path }) => path))];
  }

  /** Whether this process serves an operation. Its roles may exclude it. */
  offers(operation: Operation): boolean {
    return this.routes.has(operation);
  }

  /** Finds the operation. Undefined when no operation has this path. The host answers other paths, even below `/api/v1`. */
  match(method: string, path: string): Match | undefined {
    return this.routes.match(method, path);
  }

  /**
   * Answers a request of the holder of an API key or of the host's user.
   * @param match the result of `match` for the method and path of the request
   * @throws RequestAborted, and nothing else
   */
  async handle(match: Match | undefined, request: ApiRequest, read: ReadBody): Promise<Answer> {
    let caller = nobody;
    try {
      const { operation, params } = this.found(match, request);
      caller = await this.admit(operation, request);
      return await this.run(operation, request, params, caller, read);
    } catch (error) {
      return this.fail(error, caller);
    }
  }

  /**
   * Answers a request whose sender was authenticated in another way. Rate limits and scopes apply as for a key.
   * @throws RequestAborted, and nothing else
   */
  async handleAs(identity: Identity, request: ApiRequest, read: ReadBody): Promise<Answer> {
    let caller = nobody;
    try {
      const { operation, params } = this.found(this.match(request.method, request.path), request);
      caller = this.admitAs(identity, operation);
      return await this.run(operation, request, params, caller, read);
    } catch (error) {
      return this.fail(error, caller);
    }
  }

  /**
   * Runs the operation, which reads the body.
   * @throws the errors of reading the body and of the operation
   */
  async run(
    operation: Operation,
    request: ApiRequest,
    params: Readonly<Record<string, string>>,
    caller: Caller,
    read: ReadBody,
  ): Promise<Answer> {
    if (operation.scope !== null) read.admit?.();
    const captured = operation.part === 'ingest';
    const input = await inputOf(operation, {
      paggio: this.paggio,
      principal: caller.principal,
      params,
      // A captured request may have any query, and its headers are checked after its signature.
      query: captured ? {} : parseQuery(request.query),
      idempotencyKey: captured ? null : idempotencyKeyOf(valuesOf(request.rawHeaders, 'idempotency-key')),
      read: () => read(this.bodyLimitOf(operation), caller.holder),
      request,
      stillValid: caller.stillValid,
      takeStream: () => this.limits.streams.take(caller.holder),
      document: () => this.document(),
    });
    const made = await operation.run(input);
    const answer = operation.method === 'GET' ? conditionalAnswer(made, input.precondition) : made;
    return { ...answer, headers: [...answer.headers, ...caller.headers] };
  }

  /**
   * Authenticates the sender of a request and checks that they may run the operation.
   * @throws PaggioError `UNAUTHORIZED`, `FORBIDDEN` or `RATE_LIMITED`
   */
  async admit(operation: Operation, request: AskingRequest): Promise<Caller> {
    // Producers may reach signed ingest by any host name.
    if (operation.part !== 'ingest') this.access.checkHost(request, { needsKey: operation.scope !== null });
    if (operation.scope === null) return { ...nobody, holder: anonymous(request.remoteAddr) };
    await this.access.check(request);
    return this.admitAs(await this.identify(request), operation);
  }

  private admitAs(identity: Identity, operation: Operation): Caller {
    const headers = this.limit(identity.principal, operation.scope === 'ingest' ? 'ingest' : 'api');
    this.requireScope(identity.principal, operation);
    return { ...identity, headers, holder: holderOf(identity.principal) };
  }

  /**
   * Counts a request against the limit of the key, or of the user where there is no key. API and dashboard share this limit.
   * @returns the rate-limit headers of the answer
   * @throws PaggioError `RATE_LIMITED`
   */
  limit(principal: Principal, kind: 'api' | 'ingest'): (readonly [string, string])[] {
    const verdict = this.limits[kind]?.take(holderOf(principal));
    const headers = verdict ? rateHeaders(verdict) : [];
    if (!verdict || verdict.allowed) return headers;
    throw rateLimited(verdict, 'Too many requests with this API key', `Wait ${verdict.retryAfterSeconds} s.`);
  }

  /**
   * Looks up a token that a stranger may try to guess: that of a session or of a sign-in link. A failed look-up counts
   * as a wrong key of the address. A look-up that is still under way counts too, so guessing in parallel does not get
   * around the limit. Beyond the limit, look-ups wait for each other, so that guesses cost the database little and a
   * valid token still gets through.
   * @throws PaggioError `RATE_LIMITED` when the address has guessed too often and this token is not valid either
   */
  async guess<T>(remoteAddr: string | null, token: string, find: () => Promise<T | null>): Promise<T | null> {
    const address = networkOf(remoteAddr);
    const { wrongKeys } = this.limits;
    const verdict = wrongKeys.take(address);
    if (!verdict.allowed) {
      if (await this.paggio.admin.sessions.mayBeValid(token)) return find();
      const hint = `Wait ${verdict.retryAfterSeconds} s, then sign in with a link or an API key.`;
      throw rateLimited(verdict, 'Too many requests without a valid session', hint);
    }
    let isWrong = false;
    try {
      const found = await find();
      isWrong = found === null;
      return found;
    } finally {
      if (!isWrong) wrongKeys.giveBack(address);
    }
  }

  /** The holder of the API key. Without a key: the host's user. */
  private async identify(request: AskingRequest): Promise<Identity> {
    const { rawHeaders, remoteAddr } = request;
    const key = bearerOf(rawHeaders);
    const user = key === undefined ? await this.access.user(request) : null;
    if (user) return user;
    const holder = await this.authenticate(key, remoteAddr);
    // This check skips the limiter of wrong keys: wrong keys from the same address do not make this key invalid.
    const stillValid = (): Promise<boolean> =>
      this.checks.ask(holder.keyId, () => isValid(() => this.paggio.admin.keys.authenticate(key as string)));
    return { principal: { ...holder, remoteAddr }, stillValid };
  }

  /** @throws RequestAborted when `error` is one: the client is gone, so there is nothing to answer */
  fail(error: unknown, caller: Caller = nobody): Answer {
    if (error instanceof RequestAborted) throw error;
    const shown = error instanceof PaggioError ? toWireError(error) : error;
    const answer = errorAnswer(shown, this.onFault, this.errorBody);
    return { ...answer, headers: [...answer.headers, ...caller.headers] };
  }

  /** The OpenAPI 3.1 document of the operations that are served here. */
  document(): object {
    return createDocument(this.routes.operations, this.paggio.host.address.baseUrl);
  }

  /**
   * Finds the holder of a key. The number of wrong keys is limited for each address. Beyond the limit, wrong keys get 429,
   * and look-ups of unknown keys share statements: they cost the database little, and a valid key still gets through.
   * @throws PaggioError `UNAUTHORIZED` or `RATE_LIMITED`
   */
  async authenticate(key: string | undefined, remoteAddr: string | null): Promise<Principal & { keyId: string }> {
    const { wrongKeys } = this.limits;
    const address = networkOf(remoteAddr);
    let verdict: RateVerdict | undefined;
    try {
      if (key === undefined) throw unauthorized();
      // The token is taken before the look-up, because parallel requests would otherwise all find the bucket full.
      const holder = await this.paggio.admin.keys.authenticate(key, () => !(verdict = wrongKeys.take(address)).allowed);
      if (verdict?.allowed) wrongKeys.giveBack(address);
      return holder;
    } catch (error) {
      if (!isUnauthorized(error)) {
        if (verdict?.allowed) wrongKeys.giveBack(address);
        throw error;
      }
      verdict ??= wrongKeys.take(address);
      if (verdict.allowed) throw error;
      const hint = 'Send a valid key: Authorization: Bearer pk_live_...';
      throw rateLimited(verdict, 'Too many requests without a valid API key', hint);
    }
  }

  private bodyLimitOf({ part, body }: Operation): number {
    if (part === 'ingest') return this.paggio.host.options.bodyLimit;
    return body === null ? NO_BODY_LIMIT : BODY_LIMIT;
  }

  private requireScope(principal: Principal, operation: Operation): void {
    if (operation.scope !== null) this.paggio.host.authority.require(principal, operation.scope, operation.id);
  }

  /** @throws PaggioError `METHOD_NOT_ALLOWED` or `NOT_FOUND`; `FORBIDDEN` for a host name that this server does not have */
  private found(match: Match | undefined, request: ApiRequest): Extract<Match, { operation: Operation }> {
    if (match !== undefined && 'operation' in match) return match;
    // Unknown paths are checked too, so that they reveal nothing to hosts that are not allowed.
    this.access.checkHost(request, { needsKey: true });
    if (match === undefined) throw noSuchRoute();
    if (match.allowed.length === 0) throw noSuchRoute('Remove the slash at the end of the path.');
    throw new PaggioError('METHOD_NOT_ALLOWED', `${request.method} is not allowed on this path`, {
      hint: `Allowed methods: ${match.allowed.join(', ')}.`,
      headers: [['allow', match.allowed.join(', ')]],
    });
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof PaggioError && error.code === 'UNAUTHORIZED';
}

/** @throws any other failure: while the database is unreachable, nothing is known about the key */
async function isValid(authenticate: () => Promise<unknown>): Promise<boolean> {
  try {
    await authenticate();
    return true;
  } catch (error) {
    if (isUnauthorized(error)) return false;
    throw error;
  }
}

function holderOf({ keyId, userId }: Principal): string {
  return keyId ?? `user ${userId}`;
}

/** The name under which a request without a key counts against the limits. */
export function anonymous(remoteAddr: string | null): string {
  return `address ${networkOf(remoteAddr)}`;
}

export function noSuchRoute(hint = 'Routes begin with /api/v1.'): PaggioError {
  return new PaggioError('NOT_FOUND', 'There is no such route', { hint });
}

export const nobody: Caller = {
  principal: { userId: '', mode: 'live', scopes: new Set(), keyId: null },
  headers: [],
  holder: anonymous(null),
  stillValid: () => Promise.resolve(true),
};

function bearerOf(rawHeaders: readonly string[]): string | undefined {
  // Two headers are refused, because a proxy in front may have looked at the other one.
  const [header, ...more] = valuesOf(rawHeaders, 'authorization');
  return more.length === 0 ? /^bearer +([^\s]+) *$/i.exec(header ?? '')?.[1] : undefined;
}

/** @throws PaggioError `BAD_REQUEST` for a key that is empty, too long, or given twice */
function idempotencyKeyOf(values: readonly string[]): string | null {
  const [key] = values;
  if (key === undefined) return null;
  if (values.length === 1 && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const message = 'Idempotency-Key must be one header of 1 to 255 visible ASCII characters.';
  throw new PaggioError('BAD_REQUEST', 'Invalid header: Idempotency-Key', {
    hint: message,
    details: [{ field: 'Idempotency-Key', message }],
  });
}
