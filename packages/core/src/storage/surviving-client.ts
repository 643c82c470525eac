import { Client, type ClientConfig } from 'pg';
import type { ConnectPause } from './connect-pause';
import { dropValues } from './database-error';
import type { OpenConnections } from './open-connections';
import { ownTypes } from './type-parsers';

/** The configuration of a client of pg, with settings of ours. */
export interface OwnClientConfig extends ClientConfig {
  /** Statements that make the session ready. Nobody gets the connection before they have run. */
  setUp?: string;
  /** Shared by the connections to one database. */
  pause?: ConnectPause;
  /** Gets this client while it is connected. */
  open?: OpenConnections;
}

/**
 * A client whose connection the server may end at any moment. A client then emits an error, idle or in use, and an
 * error that nobody listens to ends the host's process. Listeners of a pool come too late: if one packet says that the
 * connection is ready and that it ends, both are handled before anything that waits for the connection runs.
 */
export class SurvivingClient extends Client {
  private readonly setUp: string | undefined;
  private readonly pause: ConnectPause | undefined;
  private readonly open: OpenConnections | undefined;

  constructor(config: OwnClientConfig = {}) {
    super(config);
    this.setUp = config.setUp;
    this.pause = config.pause;
    this.open = config.open;
    forgetDefaults(this, config);
    this.on('error', () => undefined);
  }

  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    const ready = this.attempt();
    if (!callback) return ready;
    // A pool passes a callback instead of awaiting the promise. For success it expects no error.
    const done = callback as (error?: unknown) => void;
    void ready.then(() => done(), done);
  }

  /** Destroys a connection that does not answer. Ending it properly would take until the network gives up. */
  abandon(): void {
    (this as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  private async attempt(): Promise<this> {
    this.pause?.check();
    try {
      await super.connect();
      this.open?.add(this);
      if (this.setUp !== undefined) await this.query(this.setUp);
      return this;
    } catch (error) {
      // A pool forgets a client that could not connect, and does not close it. PostgreSQL would wait a minute for the
      // rest of the sign-in, and so would anyone who drops a database on that server in the meantime.
      this.abandon();
      this.pause?.begin(error);
      throw error;
    }
  }
}

/**
 * A client for Paggio's own statements only. Our own parsers read the results, and errors of the server lose the values
 * of parameters and rows. That happens where an error comes in, so no statement and no receiver of the error is missed.
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
 * For settings that a configuration leaves open, pg takes `pg.defaults`, which the app may have set for connections of
 * its own. Our configurations say completely where to connect to. This function sets the rest.
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
