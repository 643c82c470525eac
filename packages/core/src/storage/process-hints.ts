import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database';
import type { SurvivingClient } from './surviving-client';

const CHANNEL = 'paggio';
/** The pause between two messages. The first is sent at once: it may be about one event for another process. */
const PAUSE_MS = 3;

export type Hint = 'work' | 'change' | 'replay';

export interface HintListener {
  /** Another process left work that is due. */
  onWork(): void;
  /** A bulk replay was created. */
  onReplay(): void;
  /** Endpoints or keys changed, or a hint of that may have been missed. */
  onChange(): void;
  /** Gets the time of the database, the time of the question by this process's clock, and how long the answer took. */
  onTime(databaseMs: number, askedAt: number, tookMs: number): void;
}

/**
 * Sends hints between processes by LISTEN and NOTIFY. It has a connection of its own, because NOTIFY inside a
 * transaction takes a lock of the whole database at commit. Nothing depends on a hint: if one is lost, work waits for
 * the regular poll.
 */
export class ProcessHints {
  private client: SurvivingClient | undefined;
  private listener: HintListener | undefined;
  private stopped = false;
  private pending = new Set<Hint>();
  private sending = false;
  private reconnectTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly reconnectMs: number,
  ) {}

  async start(listener: HintListener): Promise<void> {
    this.listener = listener;
    await this.connect().catch(() => this.reconnect());
  }

  announce(hint: Hint): void {
    this.pending.add(hint);
    if (!this.sending) void this.send();
  }

  /** Checks that the connection works: a connection that only listens does not notice a broken network. */
  async check(): Promise<void> {
    const { client } = this;
    if (!client) return;
    const askedAt = Date.now();
    const startedAt = performance.now();
    try {
      const { rows } = await client.query<{ now: number }>(
        'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
      );
      this.listener?.onTime(rows[0]?.now ?? askedAt, askedAt, performance.now() - startedAt);
    } catch {
      client.abandon();
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.reconnectTimer);
    await this.client?.end().catch(() => undefined);
  }

  private async send(): Promise<void> {
    this.sending = true;
    while (this.pending.size > 0 && this.client) {
      const hints = [...this.pending];
      this.pending.clear();
      const { client } = this;
      await client
        .query(`select pg_notify('${CHANNEL}', hint) from unnest($1::text[]) as hint`, [hints])
        .catch(() => client.abandon());
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
    this.sending = false;
  }

  private async connect(): Promise<void> {
    const client = this.database.client('listen');
    const lost = (): void => {
      if (this.client === client) this.client = undefined;
      this.reconnect();
    };
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', (message) => {
      if (message.payload === 'work') this.listener?.onWork();
      else if (message.payload === 'replay') this.listener?.onReplay();
      else this.listener?.onChange();
    });
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    this.client = client;
    if (this.pending.size > 0 && !this.sending) void this.send();
    // Hints that came while nobody listened are not repeated.
    this.listener?.onChange();
    this.listener?.onWork();
  }

  private reconnect(): void {
    if (this.stopped) return;
    this.reconnectTimer ??= setTimeout(() => {
      this.reconnectTimer = undefined;
      if (!this.stopped && !this.client) void this.connect().catch(() => this.reconnect());
    }, this.reconnectMs);
    this.reconnectTimer.unref();
  }
}
