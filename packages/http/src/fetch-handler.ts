import { PaggioError, type Paggio } from '@paggio/core';
import type { Answer } from './answer';
import { Api } from './api';
import { dialectRouter } from './dialects/dialect-router';
import { slugOf } from './ingest';
import { normalizePath, type HandlerOptions } from './node/node-handler';

/** Undefined: the request is the host's. */
export type FetchHandler = (request: Request, info?: { remoteAddr?: string }) => Promise<Response | undefined>;

/**
 * The door for hosts that speak Fetch. Such hosts give headers in lower case and sorted: bodies are exact, the order and
 * case of headers are not.
 */
export function createFetchHandler(paggio: Paggio, options: HandlerOptions = {}): FetchHandler {
  const base = normalizePath(options.path);
  paggio.mountedAt(base);
  const api = new Api(paggio, options);
  const dialectOf = dialectRouter(api, options.dialects);
  return async (request, info) => {
    const [path, query] = splitTarget(request.url);
    if (!path.startsWith(base)) return undefined;
    const local = path.slice(base.length);
    const slug = slugOf(local);
    const dialect = dialectOf(local);
    if (slug === undefined && !dialect && !api.owns(local)) return undefined;
    try {
      if (slug === undefined) {
        const body = await readStream(request, api.bodyLimit(dialect?.path ?? local));
        return toResponse(
          await (dialect?.api ?? api).handle({
            method: request.method,
            path: dialect?.path ?? local,
            fullPath: path,
            query,
            rawHeaders: [...request.headers].flat(),
            remoteAddr: info?.remoteAddr ?? null,
            body,
          }),
        );
      }
      const endpoint = await paggio.capture.route(slug);
      const answer = await paggio.capture.receive(endpoint, {
        method: request.method,
        path,
        query,
        rawHeaders: [...request.headers].flat(),
        body: await readStream(request, paggio.options.bodyLimit),
        remoteAddr: info?.remoteAddr ?? null,
      });
      const headers: [string, string][] = answer.headers.map(([name, value]) => [name, value]);
      if (answer.contentType !== null) headers.push(['content-type', answer.contentType]);
      return toResponse({ status: answer.status, headers, body: answer.body });
    } catch (error) {
      return toResponse(api.fail(error));
    }
  };
}

/** Path and query with the bytes they were sent with; a URL object is already normalised, so it is only cut. */
function splitTarget(url: string): [string, string] {
  const target = url.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/#.*$/, '');
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

async function readStream(request: Request, limit: number): Promise<Buffer> {
  if (request.bodyUsed) {
    throw new PaggioError('RAW_BODY_CONSUMED', 'The host read this request before Paggio could', {
      hint: 'Pass the request on before reading its body.',
    });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit)
      throw new PaggioError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes`, {
        hint: 'Send less, or raise the body limit.',
      });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toResponse(answer: Answer): Response {
  const headers = answer.headers.map(([name, value]) => [name, value] as [string, string]);
  if (answer.body !== null && typeof answer.body === 'object' && Symbol.asyncIterator in answer.body) {
    return new Response(toStream(answer.body), { status: answer.status, headers });
  }
  const body =
    answer.body === null || answer.status === 204 ? null : new Uint8Array(Buffer.from(answer.body as string));
  return new Response(body, {
    status: answer.status,
    headers,
  });
}

/** Reads on only as fast as it is taken, and ends the source when the reader goes away. */
function toStream(body: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
