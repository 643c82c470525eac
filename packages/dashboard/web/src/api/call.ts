import { operations, type OperationId, type Operations } from '@paggio/client';
import { serverTag } from '@paggio/client/server-tag';
import { mountPath } from '../mount';
import type { Tagged } from './tag';
import { Failure, noAnswer, tooSlow, toFailure } from './failure';

type Given<T> = { [K in keyof T as T[K] extends undefined ? never : K]: T[K] };

/** The input of an API operation. */
export type CallInput<Id extends OperationId> = Given<Pick<Operations[Id], 'params' | 'query' | 'body'>> & {
  idempotencyKey?: string;
  /** The tag of the object to change. If the object has changed since, the failure is `PRECONDITION_FAILED`. */
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
 * Calls `listener` when the session may have changed: the server no longer accepts it, or another page has changed it.
 * A request for the session itself does not call it, because its response already says so.
 * @returns a function that unsubscribes
 */
export function onSessionChange(listener: () => void): () => void {
  sessionListeners.add(listener);
  return () => sessionListeners.delete(listener);
}

export function announceSessionChange(): void {
  for (const listener of sessionListeners) listener();
}

/**
 * Calls an operation of the management API as the signed-in person.
 * @throws Failure
 */
export async function call<Id extends OperationId>(
  id: Id,
  ...input: object extends CallInput<Id> ? [CallInput<Id>?] : [CallInput<Id>]
): Promise<Answer<Id>> {
  return (await callTagged(id, ...input)).value;
}

/** Calls an operation like `call`, and returns the tag of the object as well. */
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

/** The path and query of an operation. */
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
 * Sends a request below the dashboard's mount path.
 * @throws Failure when no response arrives in time, or when it is not a success
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
  if (failure.status === 401 && path !== '/session') announceSessionChange();
  throw failure;
}

/** Whether the same request may succeed later. */
export function mayPass(error: unknown): boolean {
  return error instanceof Failure && (error.status === null || error.status === 429 || error.status >= 500);
}
