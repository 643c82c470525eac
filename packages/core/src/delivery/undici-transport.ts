import { Agent, type Dispatcher } from 'undici';
import type { AddressGuard } from './address-guard';
import { guardedConnector } from './guarded-connector';
import {
  RESPONSE_LIMIT,
  type Transport,
  type TransportError,
  type TransportRequest,
  type TransportResult,
} from './transport';

/** One pool of connections per origin; idle ones are closed, and the guard judges every new one. */
export function undiciTransport(guard: AddressGuard): Transport {
  const agent = new Agent({
    connect: guardedConnector(guard),
    connections: 128,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    // The deadline of an attempt is one timer from start to end.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 64 * 1024,
  });
  return {
    send: (request) => send(agent, request),
    close: () => agent.destroy(),
  };
}

function send(agent: Agent, request: TransportRequest): Promise<TransportResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | null = null;
    let headers: TransportResult['headers'] = {};
    let settled = false;
    let controller: Dispatcher.DispatchController | undefined;

    const settle = (error: TransportError | null, truncated = false): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const latencyMs = Math.round(performance.now() - startedAt);
      resolve({ status, headers, body: body.subarray(0, RESPONSE_LIMIT), truncated, latencyMs, error });
    };
    const timer = setTimeout(() => {
      settle({ code: 'timeout', message: `no complete answer within ${request.timeoutMs / 1000} s` }, status !== null);
      controller?.abort(new Error('deadline'));
    }, request.timeoutMs);

    try {
      agent.dispatch(
        {
          origin: request.origin,
          path: request.target,
          method: request.method,
          headers: request.headers as string[],
          body: request.body.length > 0 ? request.body : null,
        },
        {
          onRequestStart(started) {
            controller = started;
            // The deadline passed while the request waited for a connection: it must not go out any more.
            if (settled) started.abort(new Error('deadline'));
          },
          onResponseStart(_controller, code, received) {
            if (code < 200) return;
            status = code;
            headers = received as TransportResult['headers'];
          },
          onResponseData(current, chunk) {
            chunks.push(chunk);
            size += chunk.length;
            if (size <= RESPONSE_LIMIT) return;
            settle(null, true);
            current.abort(new Error('enough'));
          },
          onResponseEnd: () => settle(null),
          onResponseError: (_controller, error) => settle(toTransportError(error), status !== null),
        },
      );
    } catch (error) {
      // A header value or method that HTTP cannot carry.
      settle(toTransportError(error as Error));
    }
  });
}

const codes: Record<string, string> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  ETIMEDOUT: 'connect_timeout',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'host_unreachable',
  UND_ERR_HEADERS_OVERFLOW: 'response_headers_too_large',
  UND_ERR_INVALID_ARG: 'request_not_sendable',
};

type CodedError = Error & { code?: string; errors?: CodedError[] };

function toTransportError(error: CodedError): TransportError {
  const inner = error.errors?.[0];
  const code = error.code ?? inner?.code ?? '';
  if (/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/.test(code)) {
    return { code: 'tls_failed', message: `TLS failed (${code})` };
  }
  if (error.name === 'HTTPParserError') {
    return { code: 'invalid_response', message: `the answer is not valid HTTP (${code || error.message})` };
  }
  return {
    code: codes[code] ?? (/^[a-z_]+$/.test(code) ? code : 'network_error'),
    message: error.message || inner?.message || code,
  };
}
