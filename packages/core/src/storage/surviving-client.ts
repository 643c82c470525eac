import { Client, type ClientConfig } from 'pg';
import { dropValues } from './database-error';

/**
 * A client whose connection the server may end at any moment. Such an end makes a client emit an error, idle or in use, and
 * one that nobody listens to ends the host's process. Listeners of a pool come too late: when a connection is ready and
 * ended in one packet, both are handled before anybody who waits for it runs.
 */
export class SurvivingClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }

  /** Ends a connection that does not answer: saying goodbye on it would take as long as the network gives it. */
  abandon(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }
}

/**
 * For statements that are all Paggio's own: what the server refuses becomes an error without the values of parameters and
 * rows. It happens where the error comes in, so no statement and no receiver of the error is missed.
 */
export class QuietClient extends SurvivingClient {
  constructor(config?: string | ClientConfig) {
    super(config);
    // Before the listener of pg, which hands the error on.
    const { connection } = this as unknown as { connection: NodeJS.EventEmitter };
    connection.prependListener('errorMessage', dropValues);
  }
}
