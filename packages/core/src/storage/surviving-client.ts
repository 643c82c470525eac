import { Client, type ClientConfig } from 'pg';
import type { ConnectPause } from './connect-pause';
import { dropValues } from './database-error';
import { ownTypes } from './type-parsers';

/** What pg's own types leave out, and what is ours. */
export interface OwnClientConfig extends ClientConfig {
  /** Statements that make the session ready. Nobody gets the connection before them. */
  setUp?: string;
  /** Shared by the connections to one database. */
  pause?: ConnectPause;
}

/**
 * A client whose connection the server may end at any moment. Such an end makes a client emit an error, idle or in use, and
 * one that nobody listens to ends the host's process. Listeners of a pool come too late: when a connection is ready and
 * ended in one packet, both are handled before anybody who waits for it runs.
 */
export class SurvivingClient extends Client {
  private readonly setUp: string | undefined;
  private readonly pause: ConnectPause | undefined;

  constructor(config: OwnClientConfig = {}) {
    super(config);
    this.setUp = config.setUp;
    this.pause = config.pause;
    forgetDefaults(this, config);
    this.on('error', () => undefined);
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    const ready = this.attempt();
    if (!callback) return ready;
    // A pool waits for no promise. It is told of success by the absence of an error.
    const tell = callback as (error?: unknown) => void;
    void ready.then(() => tell(), tell);
  }

  /** Ends a connection that does not answer: saying goodbye on it would take as long as the network gives it. */
  abandon(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  private async attempt(): Promise<this> {
    this.pause?.check();
    try {
      await super.connect();
      if (this.setUp !== undefined) await this.query(this.setUp);
      return this;
    } catch (error) {
      // A pool forgets a client that could not connect, and does not close it. PostgreSQL would wait for the rest of the
      // sign-in for a minute, and so would others there who drop a database meanwhile.
      this.abandon();
      this.pause?.begin(error);
      throw error;
    }
  }
}

/**
 * For statements that are all Paggio's own. Their results are read by parsers of our own, and what the server refuses
 * becomes an error without the values of parameters and rows. That happens where the error comes in, so no statement and
 * no receiver of the error is missed.
 */
export class QuietClient extends SurvivingClient {
  constructor(config: OwnClientConfig = {}) {
    // A pool hides the password from copies of its configuration.
    super({ ...config, password: config.password, types: ownTypes });
    // Before the listener of pg, which hands the error on.
    const { connection } = this as unknown as { connection: NodeJS.EventEmitter };
    connection.prependListener('errorMessage', dropValues);
  }
}

/**
 * pg takes what a configuration leaves open from `pg.defaults`, which the app may have set for connections of its own.
 * Where to connect to is complete in a configuration of ours; these are the rest.
 */
function forgetDefaults(client: Client, config: OwnClientConfig): void {
  const inner = client as unknown as {
    binary: boolean;
    password: unknown;
    replication: unknown;
    connectionParameters: Record<string, unknown>;
  };
  inner.binary = false;
  inner.replication = undefined;
  inner.password = config.password ?? null;
  const { connectionParameters } = inner;
  Object.assign(connectionParameters, {
    binary: false,
    replication: undefined,
    options: config.options,
    query_timeout: config.query_timeout ?? false,
    application_name: config.application_name,
    fallback_application_name: undefined,
    statement_timeout: false,
    lock_timeout: false,
    idle_in_transaction_session_timeout: false,
  });
  Object.defineProperty(connectionParameters, 'password', { value: inner.password });
}
