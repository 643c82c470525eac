import { keptHeaders } from './response-headers';
import { RESPONSE_LIMIT, type TransportError, type TransportRequest, type TransportResult } from './transport';
import { toTransportError } from './transport-error';

/** Reads one answer up to the size limit and the deadline. The first end counts, and later ones change nothing. */
export class ResponseReader {
  readonly result: Promise<TransportResult>;
  status: number | null = null;
  headers: TransportResult['headers'] = {};
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private finished = false;
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private resolve!: (result: TransportResult) => void;

  private readonly showsCertificate: boolean;

  /** @param abort ends the request, because nothing more of its answer is needed */
  constructor(
    { timeoutMs, identity }: Pick<TransportRequest, 'timeoutMs' | 'identity'>,
    private readonly abort: (reason: Error) => void,
  ) {
    this.result = new Promise((resolve) => (this.resolve = resolve));
    this.showsCertificate = (identity?.certificate ?? null) !== null;
    // After the event loop was blocked, timers run before bytes that have arrived meanwhile. The reader takes those
    // first.
    this.timer = setTimeout(() => setImmediate(() => this.expire(timeoutMs)), timeoutMs);
  }

  get isSettled(): boolean {
    return this.finished;
  }

  start(status: number, headers: TransportResult['headers']): void {
    this.status = status;
    this.headers = keptHeaders(headers);
  }

  data(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size <= RESPONSE_LIMIT) return;
    this.finish(null, true);
    this.abort(new Error('enough'));
  }

  end(): void {
    this.finish(null, false);
  }

  fail(error: Error): void {
    const failure = toTransportError(error);
    // Some servers, such as Node's, only reset the connection when they do not accept a certificate.
    if (failure.code === 'connection_reset' && this.showsCertificate && this.status === null)
      failure.message += ' (some destinations close the connection when they do not accept the client certificate)';
    this.finish(failure, this.status !== null);
  }

  private expire(timeoutMs: number): void {
    if (this.finished) return;
    this.finish({ code: 'timeout', message: `no complete answer within ${timeoutMs / 1000} s` }, this.status !== null);
    this.abort(new Error('deadline'));
  }

  private finish(error: TransportError | null, truncated: boolean): void {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.timer);
    const body = this.chunks.length === 1 ? (this.chunks[0] as Buffer) : Buffer.concat(this.chunks);
    this.resolve({
      status: this.status,
      headers: this.headers,
      body: body.subarray(0, RESPONSE_LIMIT),
      truncated,
      latencyMs: Math.round(performance.now() - this.startedAt),
      error,
    });
  }
}
