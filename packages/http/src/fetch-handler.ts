import { hasNoBody, PaggioError, type Paggio, type Principal } from '@paggio/core';
import { discard, headersOf, isStream, type Answer } from './answer';
import { isLoopbackAddress, type Arrival } from './arrival';
import type { BodyShare } from './body-memory';
import { Chunks } from './chunks';
import { RequestAborted } from './operation';
import { RemoteAddress } from './remote-address';
import { requestHosts } from './request-host';
import { checkMountOptions, Mount, type Responder, type MountOptions } from './mount';
import { slowBodies, type BodyHost } from './slow-bodies';

interface RequestInfo {
  /** The address of the peer of the connection. A Fetch request does not contain it. */
  remoteAddr?: string;
  /** The request that `allow` and `resolveUser` get. Default: the Fetch request. */
  hostRequest?: unknown;
}

export interface FetchHandler {
  /** Answers a request. Resolves with undefined if the host should answer it. */
  (request: Request, info?: RequestInfo): Promise<Response | undefined>;
  /** Makes a link (path and query) that signs in to the dashboard once; null when the dashboard is not served. */
  signInLink(principal: Principal): Promise<string | null>;
}

/**
 * The handler for hosts that use Fetch, such as Hono and Next.js. They sort the headers and write their names in lower
 * case, so the original order and case are lost. Bodies are exact.
 * @example
 * app.use(async (c, next) => (await handle(c.req.raw)) ?? next());
 */
export function createFetchHandler<HostRequest = Request>(
  paggio: Paggio,
  options: MountOptions<HostRequest> = {},
): FetchHandler {
  checkMountOptions(paggio, options);
  const mount = new Mount(paggio, options);
  const remoteAddress = new RemoteAddress(paggio.host.options.trustedProxies);
  const { memory } = mount.api;
  const handle = async (request: Request, info: RequestInfo = {}): Promise<Response | undefined> => {
    const [path, query] = splitTarget(request.url);
    const local = mount.within(path);
    if (local === undefined) return undefined;
    const slug = mount.slugOf(local);
    const { method } = request;
    const rawHeaders = headersOfRequest(request);
    const arrival = arrivalOf(request, rawHeaders, info.remoteAddr);
    // A runtime may change the host in the URL or in the header, so both count.
    const hosts = [new URL(request.url).host, ...arrival.hosts];
    const responder = slug === undefined ? mount.responderOf(method, local, hosts) : undefined;
    if (slug === undefined && !responder) return undefined;
    const remoteAddr = remoteAddress.of(info.remoteAddr, () => request.headers.get('x-forwarded-for') ?? undefined);
    let share: BodyShare | undefined;
    try {
      if (slug === undefined) {
        const call = {
          method,
          fullPath: path,
          query,
          rawHeaders,
          remoteAddr,
          arrival,
          hostRequest: info.hostRequest ?? request,
        };
        const read = (limit: number, holder: string): Promise<Buffer> => {
          share = memory.keyed.share(holder);
          return readStream(request, paggio.host, limit, share);
        };
        return toResponse(await (responder as Responder)(call, read), method);
      }
      share = memory.webhooks.share(slug);
      const announced = Number(request.headers.get('content-length') ?? 0) || 0;
      const endpoint = await paggio.host.capture.route(slug, method, remoteAddr, announced);
      const body = await readStream(request, paggio.host, paggio.host.options.bodyLimit, share);
      const answer = await paggio.host.capture.receive(endpoint, { method, path, query, rawHeaders, body, remoteAddr });
      const headers: [string, string][] = answer.headers.map(([name, value]) => [name, value]);
      if (answer.contentType !== null) headers.push(['content-type', answer.contentType]);
      return toResponse({ status: answer.status, headers, body: answer.body }, method);
    } catch (error) {
      // Nobody is left to read an answer.
      if (error instanceof RequestAborted) return new Response(null, { status: 400 });
      return toResponse(mount.api.fail(error), method);
    } finally {
      share?.giveBack();
    }
  };
  return Object.assign(handle, { signInLink: (principal: Principal) => mount.signInLink(principal) });

  /** Fetch does not know the local address of the connection. A peer at a loopback address is always connected to one. */
  function arrivalOf({ url, headers }: Request, rawHeaders: readonly string[], peer: string | undefined): Arrival {
    const forwardedProto = (): string | undefined => headers.get('x-forwarded-proto') ?? undefined;
    const named = requestHosts(rawHeaders, remoteAddress.trusts(peer));
    return {
      overTls: url.startsWith('https:') || remoteAddress.forwardsTls(peer, forwardedProto),
      onLoopback: isLoopbackAddress(peer),
      hosts: named,
    };
  }
}

/** Names and values in turn. Some runtimes have the host only in the URL, such as those with HTTP/2. */
function headersOfRequest({ headers, url }: Request): string[] {
  const list = [...headers].flat();
  return headers.has('host') ? list : ['host', new URL(url).host, ...list];
}

/** Path and query as they were sent. The text is only cut, because a `URL` object would normalise it. */
function splitTarget(url: string): [string, string] {
  const [target = ''] = url.replace(/^[a-z]+:\/\/[^/?]*/i, '').split('#', 1);
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/**
 * @throws PaggioError `PAYLOAD_TOO_LARGE`, `RAW_BODY_CONSUMED`, `UNAVAILABLE`, or `BAD_REQUEST` after 30 s
 * @throws RequestAborted
 */
async function readStream(request: Request, host: BodyHost, limit: number, share: BodyShare): Promise<Buffer> {
  if (request.bodyUsed) {
    throw new PaggioError('RAW_BODY_CONSUMED', 'The host has already read the body of this request', {
      hint: 'Pass the request to Paggio before its body is read.',
    });
  }
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  const chunks = new Chunks();
  if (!reader) return chunks.join();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  const refusals: PaggioError[] = [];
  const slow = slowBodies.watch(host, (tooSlow) => {
    refusals.push(tooSlow);
    cancel();
  });
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const [late] = refusals;
      if (late) throw late;
      if (done) return chunks.join();
      const refusal = chunks.size + value.length > limit ? tooLarge(limit) : share.take(value.length);
      if (refusal) {
        cancel();
        throw refusal;
      }
      chunks.add(value);
    }
  } catch (error) {
    throw error instanceof PaggioError ? error : new RequestAborted();
  } finally {
    slowBodies.forget(slow);
  }
}

function tooLarge(limit: number): PaggioError {
  return new PaggioError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes`, {
    hint: 'Send a smaller body, or raise the body limit (option bodyLimit).',
  });
}

function toResponse(answer: Answer, method: string): Response {
  const headers = headersOf(answer).map(([name, value]) => [name, value] as [string, string]);
  if (isStream(answer.body)) {
    if (method === 'HEAD') discard(answer);
    return new Response(method === 'HEAD' ? null : toStream(answer.body), { status: answer.status, headers });
  }
  const nothing = answer.body === null || hasNoBody(answer.status) || method === 'HEAD';
  const body = nothing ? null : new Uint8Array(Buffer.from(answer.body as string));
  return new Response(body, {
    status: answer.status,
    headers,
  });
}

/** Reads the source only as fast as the reader takes it, and ends it when the reader goes away. */
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
