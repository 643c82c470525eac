import { ResponseReader } from '../response-reader';
import type { TransportRequest } from '../transport';
import { requestHead } from './request-head';

/** A request and the response that is awaited. */
export class Exchange {
  readonly reader: ResponseReader;
  /** Where it is under way; undefined while it waits for a connection. */
  connection: { destroy(reason: Error): void } | undefined;
  /** A request whose connection turned out to be closed already is sent once more. */
  wasRepeated = false;
  private head: string | undefined;

  constructor(private readonly request: TransportRequest) {
    // After the deadline, or with enough of the body, nothing more of this connection is of use.
    this.reader = new ResponseReader(request, (reason) => this.connection?.destroy(reason));
  }

  get method(): string {
    return this.request.method;
  }

  get body(): Buffer {
    return this.request.body;
  }

  /**
   * The bytes before the body, one for each character.
   * @throws Error with the code `request_not_sendable`
   */
  headFor(host: string): string {
    return (this.head ??= requestHead(this.request, host));
  }
}
