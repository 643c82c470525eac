import { Client } from 'pg';

/** A kept connection that is not used for this long is closed. */
const IDLE_MS = 2_000;

/** What these change lasts as long as their session, or concerns only sessions that begin later. */
const OF_A_SESSION =
  /(^|;)\s*(set|reset|listen|lock|prepare|declare|discard)\b|\b(begin|start transaction|temp|temporary|advisory_\w+|set_config|alter (database|role|system))\b/i;

/** As the pool of pg does; its types leave these out. */
type Idle = Client & { ref(): void; unref(): void };

/**
 * A connection to one database that is kept between statements: a new one costs the server many times what a statement
 * does. What belongs to a session, and what comes while the connection is busy, gets a connection of its own.
 */
export class KeptClient {
  private client: Client | undefined;
  private busy = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly url: string) {}

  async query<T>(sql: string): Promise<T[]> {
    if (this.busy || OF_A_SESSION.test(sql)) return queryOnce(this.url, sql);
    this.busy = true;
    clearTimeout(this.timer);
    try {
      const client = (this.client ??= await this.open());
      (client as Idle).ref();
      return rowsOf<T>(await client.query(sql));
    } finally {
      this.busy = false;
      // It must not keep the run from ending.
      (this.client as Idle | undefined)?.unref();
      this.timer = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async open(): Promise<Client> {
    const client = await connect(this.url);
    // Tests end connections, and databases.
    const lost = (): void => {
      if (this.client === client) this.client = undefined;
    };
    client.on('error', lost).on('end', lost);
    return client;
  }
}

/** Runs statements in a session that ends with them. */
export async function queryOnce<T>(url: string, sql: string): Promise<T[]> {
  const client = await connect(url);
  try {
    return rowsOf<T>(await client.query(sql));
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function rowsOf<T>(result: { rows?: unknown[] }): T[] {
  return (result.rows ?? []) as T[];
}
