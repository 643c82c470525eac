import { operations, type OperationId, type Operations } from '@paggio/client';
import { serverTag } from '@paggio/client/server-tag';
import { mountPath } from '../mount';
import type { Tagged } from './tag';
import { Failure, noAnswer, tooSlow, toFailure } from './failure';

type Given<T> = { [K in keyof T as T[K] extends undefined ? never : K]: T[K] };

/** What an operation of the API is called with. */
export type CallInput<Id extends OperationId> = Given<Pick<Operations[Id], 'params' | 'query' | 'body'>> & {
  idempotencyKey?: string;
  /** The tag of what is changed: when it has changed meanwhile, the failure is `PRECONDITION_FAILED`. */
  ifMatch?: string | null;
  signal?: AbortSignal;
};

export type Answer<Id extends OperationId> = Operations[Id]['answer'];

interface AnyInput {
  params?: Record<string, string>;
  query?: object;
  body?: unknown;
  idempotencyKey?: string;
  ifMatch?: string | null;
  signal?: AbortSignal;
}

/** Longer than the longest replay takes (60 s). */
const TIMEOUT_MS = 70_000;
const READ_TIMEOUT_MS = 15_000;

const sessionListeners = new Set<() => void>();

/**
 * Calls `listener` when the session may be another one: the server does not know any more who asks, or another page has
 * changed it. A request for the session itself learns that from its answer.
 */
export function onSessionChange(listener: () => void): () => void {
  sessionListeners.add(listener);
  return () => sessionListeners.delete(listener);
}

export function tellSessionChanged(): void {
  for (const listener of sessionListeners) listener();
}

/**
 * An operation of the management API, as the signed-in person.
 * @throws Failure
 */
export async function call<Id extends OperationId>(
  id: Id,
  ...input: object extends CallInput<Id> ? [CallInput<Id>?] : [CallInput<Id>]
): Promise<Answer<Id>> {
  return (await callTagged(id, ...input)).value;
}

/** The same, with the tag of the object that is answered. */
export async function callTagged<Id extends OperationId>(
  id: Id,
  ...[input]: object extends CallInput<Id> ? [CallInput<Id>?] : [CallInput<Id>]
): Promise<Tagged<Answer<Id>>> {
  const { method } = operations[id];
  const { params, query, body, idempotencyKey, ifMatch, signal } = (input ?? {}) as AnyInput;
  const headers = {
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(ifMatch ? { 'if-match': ifMatch } : {}),
  };
  const response = await request(method, apiPath(id, params, query), { body, headers, signal });
  const value = (response.status === 204 ? undefined : await response.json()) as Answer<Id>;
  const tag = response.headers.get('etag');
  return { value, tag: tag === null ? null : serverTag(tag) };
}

/** The address of an operation. */
export function apiPath(id: OperationId, params: Record<string, string> = {}, query: object = {}): string {
  const filled = operations[id].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return filled + (search === '' ? '' : `?${search}`);
}

interface RequestSettings {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * A request below the dashboard's own address.
 * @throws Failure when there is no answer in time, or one that is no success
 */
export async function request(
  method: string,
  path: string,
  { body, headers = {}, signal }: RequestSettings = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(method === 'GET' ? READ_TIMEOUT_MS : TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(mountPath + path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw timeout.aborted ? tooSlow() : noAnswer();
  }
  if (response.ok) return response;
  const failure = await toFailure(response);
  if (failure.status === 401 && path !== '/session') tellSessionChanged();
  throw failure;
}

/** Whether trying again later may help without changing anything. */
export function mayPass(error: unknown): boolean {
  return error instanceof Failure && (error.status === null || error.status === 429 || error.status >= 500);
}
