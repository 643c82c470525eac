import { Client } from 'pg';

/** An unused connection is closed after this time. */
const IDLE_MS = 2_000;

/** Statements whose effect lasts until their session ends, or only concerns later sessions. */
const OF_A_SESSION =
  /(^|;)\s*(set|reset|listen|lock|prepare|declare|discard)\b|\b(begin|start transaction|temp|temporary|advisory_\w+|set_config|alter (database|role|system))\b/i;

/** The pool of pg uses these methods too, but its types omit them. */
type Idle = Client & { ref(): void; unref(): void };

/**
 * Keeps a connection to one database open between statements, because a new connection costs the server many times as
 * much as a statement. Statements that affect their session, and statements that arrive while it is busy, get a new
 * connection.
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
      // The connection must not keep the run from ending.
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
    // Tests may terminate connections and drop databases.
    const lost = (): void => {
      if (this.client === client) this.client = undefined;
    };
    client.on('error', lost).on('end', lost);
    return client;
  }
}

/** Runs SQL in a new session that ends afterwards. */
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
