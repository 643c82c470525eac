import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { Histogram } from '../histogram';
import { toLine, type LedgerFile } from '../ledger-file';
import { bodyOf, digestOf, headersOf } from '../message';
import type { SendOrder, SendReport } from './send-order';

const TICK_MS = 2;
/** The longest sleep at a low rate, so that `stop` need not wait. */
const LONGEST_TICK_MS = 20;
/** The most connections of a sender. Further messages wait, and that counts as time until the answer. */
const MAX_CONNECTIONS = 2_000;
const ANSWER_TIMEOUT_MS = 30_000;

interface Answer {
  /** `null` means that the connection failed; then `code` says how. */
  status: number | null;
  code: string;
  eventId: string;
  retryAfter: string | undefined;
}

/** Sends the messages of one order, and writes the acknowledged ones into the ledger. */
export class SendRun {
  private readonly agent = new Agent({
    pipelining: 1,
    connections: MAX_CONNECTIONS,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: { timeout: 5_000 },
  });
  private readonly latency = new Histogram();
  private readonly refusal = new Histogram();
  private stopped = false;
  private next: number;
  private underWay = 0;
  private idle: (() => void) | undefined;
  private readonly totals = { acknowledged: 0, gaveUp: 0, longestMs: 0 };
  private readonly retryAfter = { min: Number.POSITIVE_INFINITY, max: 0, missing: 0 };
  private readonly tries: Record<string, number> = {};
  private readonly byPath = new Map<string, { latency: Histogram; refused: number }>();

  constructor(
    private readonly order: SendOrder,
    private readonly ledger: LedgerFile,
  ) {
    this.next = order.from;
  }

  /** Resolves when every message has been acknowledged or given up. */
  async run(): Promise<void> {
    await ('ratePerSecond' in this.order.pace ? this.openLoop(this.order.pace.ratePerSecond) : this.oneByOne());
    if (this.underWay > 0) await new Promise<void>((done) => (this.idle = done));
    await this.agent.destroy();
  }

  /** Sends no further messages. */
  stop(): void {
    this.stopped = true;
  }

  report(): SendReport {
    const { min, max, missing } = this.retryAfter;
    return {
      next: this.next,
      sent: this.next - this.order.from,
      ...this.totals,
      tries: this.tries,
      retryAfter: { min: Number.isFinite(min) ? min : 0, max, missing },
      latency: this.latency.summary(),
      refusal: this.refusal.summary(),
      byPath: Object.fromEntries(
        [...this.byPath].map(([path, { latency, refused }]) => [path, { latency: latency.summary(), refused }]),
      ),
    };
  }

  private get isOver(): boolean {
    const { count, from } = this.order;
    return this.stopped || (count !== null && this.next >= from + count);
  }

  private async openLoop(ratePerSecond: number): Promise<void> {
    const startedAt = performance.now();
    const tickMs = Math.min(LONGEST_TICK_MS, Math.max(TICK_MS, 500 / ratePerSecond));
    while (!this.isOver) {
      const due = this.order.from + Math.floor(((performance.now() - startedAt) * ratePerSecond) / 1000);
      while (this.next <= due && !this.isOver) {
        const dueAt = startedAt + ((this.next - this.order.from) * 1000) / ratePerSecond;
        void this.deliver(this.next++, dueAt);
      }
      await sleep(tickMs);
    }
  }

  private async oneByOne(): Promise<void> {
    const { pauseMs } = this.order.pace as { pauseMs: number };
    while (!this.isOver) {
      await this.deliver(this.next++, performance.now());
      await sleep(pauseMs);
    }
  }

  private async deliver(n: number, dueAt: number): Promise<void> {
    this.underWay++;
    const { bases, giveUpMs, message, paths, retryMs } = this.order;
    const body = bodyOf(message, n);
    const headers = headersOf(message.seed, n, body);
    const path = paths[n % paths.length] as string;
    for (let attempt = 0, leftAt = dueAt; ; attempt++, leftAt = performance.now()) {
      const answer = await this.send(bases[(n + attempt) % bases.length] as string, path, headers, body);
      const now = performance.now();
      this.note(answer, now - leftAt, path);
      if (answer.status !== null && answer.status >= 200 && answer.status < 300) {
        const at = Date.now();
        const { status, eventId } = answer;
        await this.ledger.append(toLine({ n, sha256: digestOf(body), status, eventId, at }));
        this.totals.acknowledged++;
        break;
      }
      // Sending again does not help if the request itself was wrong.
      const final = answer.status !== null && answer.status >= 400 && answer.status < 500 && answer.status !== 429;
      if (final || now - dueAt > giveUpMs) {
        this.totals.gaveUp++;
        break;
      }
      await sleep(retryMs);
    }
    this.underWay--;
    if (this.underWay === 0) this.idle?.();
  }

  private async send(base: string, path: string, headers: Record<string, string>, body: Buffer): Promise<Answer> {
    try {
      const answer = await this.agent.request({ origin: base, path, method: 'POST', headers, body });
      // Only a complete answer counts.
      await answer.body.text();
      const { 'paggio-event-id': eventId = '-', 'retry-after': retryAfter } = answer.headers;
      return {
        status: answer.statusCode,
        code: String(answer.statusCode),
        eventId: String(eventId),
        retryAfter: retryAfter as string | undefined,
      };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { status: null, code: code ?? message, eventId: '-', retryAfter: undefined };
    }
  }

  private note(answer: Answer, ms: number, path: string): void {
    this.tries[answer.code] = (this.tries[answer.code] ?? 0) + 1;
    this.totals.longestMs = Math.max(this.totals.longestMs, ms);
    if (answer.status === null) return;
    let own = this.byPath.get(path);
    if (!own) this.byPath.set(path, (own = { latency: new Histogram(), refused: 0 }));
    if (answer.status < 300) {
      this.latency.add(ms);
      own.latency.add(ms);
      return;
    }
    this.refusal.add(ms);
    own.refused++;
    if (answer.status !== 503 && answer.status !== 429) return;
    const seconds = Number(answer.retryAfter);
    if (answer.retryAfter === undefined || !Number.isInteger(seconds)) this.retryAfter.missing++;
    else {
      this.retryAfter.min = Math.min(this.retryAfter.min, seconds);
      this.retryAfter.max = Math.max(this.retryAfter.max, seconds);
    }
  }
}
