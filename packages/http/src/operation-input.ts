import { checkBodyEncoding, checkPrecondition, type PaggioError } from '@paggio/core';
import { wrongInput } from './wire-error';
import { valuesOf } from './header-values';
import type { Operation, OperationInput, RoutedRequest } from './operation';
import { noBody, noQuery, parse, parseJson } from './parse';
import { preconditionOf } from './precondition';

const replaces: ReadonlySet<string> = new Set(['PUT', 'PATCH']);
const changes: ReadonlySet<string> = new Set(['PUT', 'PATCH', 'DELETE']);

/**
 * Reads and checks the query, the headers and the body of a request, so that the operation gets what the document says.
 * Errors in the query and the headers are found before the body is read.
 * @throws PaggioError that says what is wrong with the request
 * @throws RequestAborted
 */
export async function inputOf(operation: Operation, request: RoutedRequest): Promise<OperationInput<object, object>> {
  const { query, body, method, opaque, tagged } = operation;
  // A captured request may have any query and any body.
  const captured = operation.part === 'ingest';
  if (!query && !captured) noQuery(request.query);
  const parsedQuery = query ? parse(query, request.query, 'query') : {};
  const hasJson = !captured && method !== 'GET';
  const { rawHeaders } = request.request;
  if (hasJson && announcesBody(rawHeaders)) checkBodyEncoding(rawHeaders);
  const precondition = tagged || changes.has(method) ? preconditionOf(rawHeaders) : {};
  // The object of this operation has no tag, so no tag can match.
  if (!tagged && Array.isArray(precondition.ifMatch)) checkPrecondition(precondition, '');
  await operation.admit?.(request);
  const source = await request.read();
  if (hasJson) {
    if (source.length > 0) checkBodyEncoding(rawHeaders);
    if (!body) noBody(source);
    // The body may have been lost on its way. An empty object in its place could remove stored settings.
    else if (source.length === 0 && replaces.has(method)) throw missingBody();
  }
  const parsedBody = body ? parse(body, withoutOpaque(parseJson(source, opaque), opaque), 'body') : {};
  return { ...request, precondition, query: parsedQuery, body: parsedBody, source };
}

/** Whether the headers say that a body follows. HTTP/2 may send one without saying so. */
function announcesBody(rawHeaders: readonly string[]): boolean {
  return (
    valuesOf(rawHeaders, 'content-length').some((length) => Number(length) > 0) ||
    valuesOf(rawHeaders, 'transfer-encoding').length > 0
  );
}

function missingBody(): PaggioError {
  return wrongInput('body', [
    { field: 'body', message: 'The body is missing. To change nothing, send an empty object.' },
  ]);
}

function withoutOpaque(body: unknown, names: readonly string[] = []): unknown {
  if (names.length === 0 || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const present = names.filter((name) => Object.hasOwn(body, name));
  return { ...body, ...Object.fromEntries(present.map((name) => [name, null])) };
}
