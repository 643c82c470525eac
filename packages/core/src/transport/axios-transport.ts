import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Duplex, Readable } from 'node:stream';
import { ConnectionPools, type PoolAge } from './connection-pools';
import type { Connector } from './connector';
import { contentLengthOf } from './http1/request-head';
import { ResponseReader } from './response-reader';
import { poolKeyOf, refusalOf, type Transport, type TransportRequest, type TransportResult } from './transport';

/** The part of an axios instance that Paggio uses. Any version 1 has it. */
export interface AxiosLike {
  request(config: Record<string, unknown>): Promise<unknown>;
}

/**
 * Sends through an axios instance of the host, so that its interceptors see every request. Each request fixes
 * everything that could change where it goes or what it carries. The agents dial through the guard. The header lines
 * are written as given, because axios would merge, drop and add some.
 */
export function axiosTransport(instance: AxiosLike, connector: Connector, age: PoolAge = {}): Transport {
  const agents = new ConnectionPools<http.Agent>({ retire, destroy: async (agent) => void agent.destroy() }, age);
  const agentOf = (request: TransportRequest): http.Agent =>
    agents.of(poolKeyOf(request), () => openAgent(connector, request));
  return {
    send: async (request) => refusalOf(request) ?? send(instance, agentOf, request),
    close: () => agents.destroy(),
  };
}

function openAgent(connector: Connector, { origin, identity = null }: TransportRequest): http.Agent {
  const secure = origin.startsWith('https:');
  const agent = new (secure ? https.Agent : http.Agent)({
    keepAlive: true,
    maxSockets: 128,
    maxFreeSockets: 32,
    timeout: 60_000,
  });
  agent.createConnection = (options: RequestOptions, callback: (error: Error | null, socket?: Duplex) => void) => {
    const hostname = options.host ?? options.hostname ?? '';
    connector.connect({ hostname, port: Number(options.port), secure, identity }).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error),
    );
  };
  return agent;
}

/** Closes free connections now, and waits until the others have closed after their requests. */
async function retire(agent: http.Agent): Promise<void> {
  agent.maxFreeSockets = 0;
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
  for (;;) {
    const busy = Object.values(agent.sockets).flatMap((sockets) => sockets ?? []);
    if (busy.length === 0) return;
    await Promise.all(busy.map((socket) => new Promise((closed) => socket.once('close', closed))));
  }
}

async function send(
  instance: AxiosLike,
  agentOf: (request: TransportRequest) => http.Agent,
  request: TransportRequest,
): Promise<TransportResult> {
  const abort = new AbortController();
  const reader = new ResponseReader(request, () => abort.abort());
  const url = new URL(request.origin);
  const secure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const length = contentLengthOf(request);
  let reused = false;
  let headers: IncomingMessage['headers'] = {};
  // This takes the place of Node's http or https module.
  const wire = {
    request(options: RequestOptions, callback: (response: IncomingMessage) => void): ClientRequest {
      const outgoing = (secure ? https : http).request(
        {
          method: request.method,
          hostname,
          port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
          path: request.target,
          // Node writes a flat list line by line, as it is.
          headers: ['Host', url.host, ...request.headers, ...(length === null ? [] : ['Content-Length', length])],
          agent: agentOf(request),
          signal: options.signal,
          maxHeaderSize: 64 * 1024,
        },
        (response) => {
          headers = response.headers;
          callback(response);
        },
      );
      outgoing.on('socket', () => (reused = outgoing.reusedSocket));
      return outgoing;
    },
  };
  const attempt = (): Promise<void> =>
    instance
      .request({
        url: request.origin + request.target,
        baseURL: '',
        allowAbsoluteUrls: true,
        method: request.method,
        params: {},
        headers: {},
        data: request.body.length > 0 ? request.body : undefined,
        transformRequest: [(data: unknown) => data],
        transformResponse: [(data: unknown) => data],
        // With this transport, axios uses no proxy and follows no redirects. The settings are here in case that
        // changes.
        adapter: 'http',
        transport: wire,
        proxy: false,
        socketPath: null,
        maxRedirects: 0,
        decompress: false,
        responseType: 'stream',
        validateStatus: () => true,
        timeout: 0,
        maxContentLength: Number.POSITIVE_INFINITY,
        maxBodyLength: Number.POSITIVE_INFINITY,
        maxRate: undefined,
        auth: undefined,
        withXSRFToken: false,
        signal: abort.signal,
      })
      .then((answer) => take(answer as Answer, headers as TransportResult['headers'], reader));
  try {
    await attempt();
  } catch (error) {
    const { code, cause } = error as Error & { code?: string; cause?: Error & { code?: string } };
    const stale = reused && reader.status === null && !reader.isSettled && ['ECONNRESET', 'EPIPE'].includes(code ?? '');
    if (!stale) reader.fail(cause?.code ? cause : (error as Error));
    else await attempt().catch((again: Error) => reader.fail((again.cause as Error | undefined) ?? again));
  }
  return reader.result;
}

interface Answer {
  status: number;
  data: Readable;
}

function take({ status, data }: Answer, headers: TransportResult['headers'], reader: ResponseReader): void {
  reader.start(status, headers);
  data.on('data', (chunk: Buffer) => {
    reader.data(chunk);
    if (reader.isSettled) data.destroy();
  });
  data.on('end', () => reader.end());
  data.on('error', (error) => reader.fail(error));
  data.on('aborted', () => reader.fail(Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' })));
}
