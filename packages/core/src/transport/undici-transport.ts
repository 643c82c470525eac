import type { Dispatcher, Pool } from 'undici';
import { ConnectionPools, type PoolAge } from './connection-pools';
import type { Connector, SocketFailure } from './connector';
import { loadUndici } from './own-undici';
import { ResponseReader } from './response-reader';
import { poolKeyOf, refusalOf, type Transport, type TransportRequest, type TransportResult } from './transport';

/**
 * Sends with undici. It keeps a pool of connections for each key, closes idle ones, and lets the guard check each new
 * one.
 */
export function undiciTransport(connector: Connector, age: PoolAge = {}): Transport {
  const pools = new ConnectionPools<Pool>({ retire: (pool) => pool.close(), destroy: (pool) => pool.destroy() }, age);
  const poolOf = (request: TransportRequest): Pool => {
    const key = poolKeyOf(request);
    return pools.of(key, () => openPool(connector, request, (pool) => pools.drop(key, pool)));
  };
  return {
    send: async (request) => refusalOf(request) ?? send(poolOf, request),
    close: () => pools.destroy(),
  };
}

/**
 * Opens a pool without undici's `clientTtl`, with which requests wait for ever if all connections of a full pool are
 * too old.
 */
function openPool(
  connector: Connector,
  { origin, identity = null }: TransportRequest,
  onUnused: (pool: Pool) => void,
): Pool {
  const pool = new (loadUndici().Pool)(origin, {
    connect: ({ hostname, port, protocol }, callback) => {
      const secure = protocol === 'https:';
      connector.connect({ hostname, port: Number(port || (secure ? 443 : 80)), secure, identity }).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
    connections: 128,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    // Each attempt has its own timer from start to end.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 64 * 1024,
  });
  const dropUnused = (): void => {
    const { connected, size } = pool.stats;
    if (connected === 0 && size === 0) onUnused(pool);
  };
  pool.on('disconnect', dropUnused);
  pool.on('connectionError', dropUnused);
  return pool;
}

function send(poolOf: (request: TransportRequest) => Pool, request: TransportRequest): Promise<TransportResult> {
  let controller: Dispatcher.DispatchController | undefined;
  const reader = new ResponseReader(request, (reason) => controller?.abort(reason));
  let repeated = false;
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      // If the deadline passed while the request waited for a connection, it must not be sent any more.
      if (reader.isSettled) started.abort(new Error('deadline'));
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) reader.start(status, headers as TransportResult['headers']);
    },
    onResponseData: (_controller, chunk) => reader.data(chunk),
    onResponseEnd: () => reader.end(),
    onResponseError(_controller, error) {
      if (!repeated && !reader.isSettled && reader.status === null && wasStale(error)) {
        repeated = true;
        dispatch();
      } else reader.fail(error);
    },
  };
  function dispatch(): void {
    try {
      poolOf(request).dispatch(
        {
          path: request.target,
          method: request.method,
          headers: request.headers as string[],
          body: request.body.length > 0 ? request.body : null,
        },
        handler,
      );
    } catch (error) {
      // undici throws for a header value or method that HTTP cannot carry.
      reader.fail(error as Error);
    }
  }
  dispatch();
  return reader.result;
}

/**
 * Whether the request may be sent once more, at once, on another connection. The connection had served an earlier
 * request, and the other side closed it before it answered this one. Most likely it was idle and was closed just when
 * this request was sent (RFC 9112, 9.3.1).
 */
function wasStale(error: SocketFailure): boolean {
  if (error instanceof loadUndici().errors.SocketError) return (error.socket?.bytesRead ?? 0) > 0;
  return (error.code === 'ECONNRESET' || error.code === 'EPIPE') && (error.bytesRead ?? 0) > 0;
}
