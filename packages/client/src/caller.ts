import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios, { isAxiosError, type AxiosInstance, type AxiosResponse, type ResponseType } from 'axios';
import { operations, type OperationId, type Operations } from './api';
import type { ApiError, Result } from './result';
import { serverTag } from './server-tag';

export interface ClientOptions {
  /** Where Paggio is mounted, such as `https://hooks.example.com` or `http://localhost:3000/hooks`. */
  baseUrl: string;
  apiKey: string;
  /**
   * Time limit for one request, in milliseconds. The event stream has none.
   * @default 30000
   */
  timeoutMs?: number;
  /**
   * How often a request is repeated after no answer, 429 or 503. Only requests that are safe to repeat are repeated:
   * reads, and requests with an idempotency key. For operations that take such a key, the client makes one if you do
   * not.
   * @default 2
   */
  retries?: number;
  /**
   * Parses the JSON of answers. The default is `JSON.parse`, which rounds integers beyond 2^53 and reads `1.10` as 1.1. A
   * parser that keeps the text of numbers shows the `payload` of an event as exactly as the server sends it. It must throw
   * for text that is not JSON.
   */
  parseJson?: (text: string) => unknown;
  /** An axios instance of your own, with its agents, proxies and interceptors. */
  axios?: AxiosInstance;
}

type Given<T> = { [K in keyof T as T[K] extends undefined ? never : K]: T[K] };

/** The input of an operation. */
export type CallInput<Id extends OperationId> = Given<Pick<Operations[Id], 'params' | 'query' | 'body'>> & CallSettings;

export interface CallSettings {
  idempotencyKey?: string;
  /**
   * The `etag` of an earlier result. A change is made only if the object has not changed since; otherwise the error is
   * `PRECONDITION_FAILED`.
   */
  ifMatch?: string;
  signal?: AbortSignal;
}

interface AnyInput extends CallSettings {
  params?: Record<string, string>;
  query?: object;
  /** An object is sent as JSON, bytes as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  responseType?: ResponseType;
}

const MAX_WAIT_SECONDS = 30;

/** Sends requests and turns every failure into a value. */
export class Caller {
  private readonly http: AxiosInstance;
  private readonly baseUrl: string;

  private readonly parsing: { transformResponse?: (text: unknown) => unknown };

  constructor(private readonly options: ClientOptions) {
    this.http = options.axios ?? axios.create();
    const { parseJson } = options;
    this.parsing = parseJson === undefined ? {} : { transformResponse: (text: unknown) => parsedBy(parseJson, text) };
    this.baseUrl = options.baseUrl.replace(/\/{1,64}$/, '');
  }

  /** Throws only if the signal aborts the call. */
  async call<Id extends OperationId>(id: Id, input: CallInput<Id>): Promise<Result<Operations[Id]['answer']>> {
    return this.send(id, input) as Promise<Result<Operations[Id]['answer']>>;
  }

  async send(id: OperationId, input: AnyInput): Promise<Result<unknown>> {
    const { method, idempotent } = operations[id];
    const key = input.idempotencyKey ?? (idempotent ? randomUUID() : undefined);
    const mayRepeat = method === 'GET' || key !== undefined;
    for (let left = mayRepeat ? (this.options.retries ?? 2) : 0; ; left--) {
      const result = await this.once(id, input, key);
      if (result.ok || left <= 0 || !passes(result.error)) return result;
      const seconds = Math.min(result.error.retryAfterSeconds ?? 0.2, MAX_WAIT_SECONDS);
      await sleep(seconds * 1000, undefined, { signal: input.signal });
    }
  }

  private async once(id: OperationId, input: AnyInput, key: string | undefined): Promise<Result<unknown>> {
    const { method, path } = operations[id];
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''));
    try {
      const response: AxiosResponse<unknown> = await this.http.request({
        method,
        url: this.baseUrl + filled,
        params: input.query,
        data: input.body,
        // A stream has no end to wait for.
        timeout: input.responseType === 'stream' ? 0 : (this.options.timeoutMs ?? 30_000),
        signal: input.signal,
        responseType: input.responseType ?? 'json',
        ...(input.responseType === undefined ? this.parsing : {}),
        // Every status is an answer.
        validateStatus: () => true,
        maxRedirects: 0,
        headers: {
          authorization: `Bearer ${this.options.apiKey}`,
          ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(input.ifMatch === undefined ? {} : { 'if-match': input.ifMatch }),
          ...input.headers,
        },
      });
      if (response.status >= 200 && response.status < 300) {
        const value = response.status === 204 ? undefined : response.data;
        const tag: unknown = response.headers['etag'];
        return { ok: true, value, status: response.status, etag: typeof tag === 'string' ? serverTag(tag) : null };
      }
      return { ok: false, error: await toError(response) };
    } catch (error) {
      if (input.signal?.aborted) throw error;
      const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
      return { ok: false, error: { ...nothing, message: `There was no answer: ${reason}` } };
    }
  }
}

const nothing: ApiError = {
  code: 'NETWORK',
  status: null,
  message: '',
  hint: 'Check the base URL, and that the server runs.',
  details: [],
  requestId: null,
  retryAfterSeconds: null,
};

/** Whether the failure may be temporary. */
function passes({ code, status }: ApiError): boolean {
  return code === 'NETWORK' || status === 429 || status === 503;
}

async function toError(response: AxiosResponse<unknown>): Promise<ApiError> {
  const data = await readData(response.data);
  const retryAfter = Number(response.headers['retry-after']);
  const shared = {
    status: response.status,
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  };
  if (!isEnvelope(data)) {
    const message = `The answer ${response.status} does not come from the API`;
    return { ...nothing, ...shared, code: 'UNEXPECTED', message };
  }
  const { code, message, hint, details, request_id: requestId } = data;
  return { ...shared, code, message, hint, details, requestId };
}

interface Envelope {
  code: ApiError['code'];
  message: string;
  hint: string;
  details: ApiError['details'];
  request_id: string;
}

function isEnvelope(data: unknown): data is Envelope {
  return (
    typeof data === 'object' && data !== null && typeof (data as Envelope).code === 'string' && 'request_id' in data
  );
}

/** Text that is not JSON stays text: a proxy may answer in place of the server. */
function parsedBy(parseJson: (text: string) => unknown, text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Parses the data of an error, which is JSON even if bytes or a stream were requested. */
async function readData(data: unknown): Promise<unknown> {
  try {
    if (Buffer.isBuffer(data)) return JSON.parse(data.toString('utf8')) as unknown;
    if (typeof data === 'object' && data !== null && Symbol.asyncIterator in data) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of data as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
    }
  } catch {
    return undefined;
  }
  return data;
}
