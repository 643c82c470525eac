import { attemptResult, nothingSent, type AttemptEnd, type HandlerWork, type InProcess } from '../delivery/attempt';
import { classify, type Outcome } from '../delivery/outcome';
import type { TransportResult } from '../transport/transport';
import type { AttemptResult, DeliveryStore } from '../delivery/work';
import { PaggioError } from '../errors';
import { GuardedTransaction } from './guarded-transaction';
import type { TransactionSource } from '../storage/transaction-source';
import type { Telemetry } from '../telemetry/telemetry';
import type { Timing } from '../flow/timing';
import { attemptSpan, endSpan, inSpan } from '../telemetry/tracing';
import { askedDelayMs, isPermanent, PermanentFailure } from './failures';
import type { HandlerTransaction, RegisteredHandler } from './handler';
import { HandlerCall, type CallEnd } from './handler-call';
import type { HandlerRegistry } from './handler-registry';
import { toWebhookEvent } from './webhook-event';

export interface HandlerRunnerDependencies {
  registry: HandlerRegistry;
  transactions: TransactionSource;
  deliveryStore: Pick<DeliveryStore, 'commitIn'>;
  telemetry: Telemetry;
  timing: Timing;
}

type Failed = Exclude<CallEnd, { kind: 'returned' }>;

/** Thrown inside a transaction to roll it back. */
class Undo extends Error {
  constructor(
    readonly end: Failed | 'lost' | 'ended_by_handler',
    /** Whether the handler may still use the connection. */
    readonly busy: boolean,
  ) {
    super('undone');
  }
}

/** Runs handlers of the app as attempts of their deliveries. */
export class HandlerRunner implements InProcess {
  private readonly calls = new Map<string, HandlerCall>();

  constructor(private readonly dependencies: HandlerRunnerDependencies) {}

  get names(): string[] {
    return this.dependencies.registry.names;
  }

  has(name: string): boolean {
    return this.dependencies.registry.get(name) !== undefined;
  }

  abort(leaseToken: string, reason: string): void {
    this.calls.get(leaseToken)?.abort(reason);
  }

  /** Throws when the database fails and not the handler. Such an attempt does not count. */
  async attempt(input: HandlerWork): Promise<AttemptEnd> {
    const { work, content, destination } = input;
    const handler = this.dependencies.registry.get(destination.handler ?? '');
    // A process claims only deliveries whose handler it has, and it never has fewer handlers than at its start.
    if (!handler) return { kind: 'held' };
    const call = new HandlerCall(this.dependencies.timing.abandonAfterMs);
    this.calls.set(work.leaseToken, call);
    const span = attemptSpan(content.traceParent, {
      'paggio.event_id': work.eventId,
      'paggio.endpoint_id': work.endpointId,
      'paggio.attempt': work.attemptCount + 1,
      'paggio.handler': handler.name,
    });
    let error: string | null = 'unknown';
    try {
      const run = (): Promise<AttemptEnd> =>
        handler.transactional ? this.inTransaction(handler, call, input) : this.plain(handler, call, input);
      const end = await inSpan(span, run);
      error = 'result' in end ? end.result.error : null;
      return end;
    } finally {
      endSpan(span, { error });
      this.calls.delete(work.leaseToken);
    }
  }

  private async plain(handler: RegisteredHandler, call: HandlerCall, input: HandlerWork): Promise<AttemptEnd> {
    const startedAt = performance.now();
    const end = await this.call(handler, call, input, undefined);
    return end.kind === 'returned' ? delivered(input, startedAt) : this.failed(handler, input, end, startedAt);
  }

  /**
   * Runs the handler and settles the delivery in one transaction. It holds no lock while the handler runs, so that the
   * lease can be renewed. If the lease is lost anyway, settling finds no row and everything is rolled back.
   */
  private async inTransaction(handler: RegisteredHandler, call: HandlerCall, input: HandlerWork): Promise<AttemptEnd> {
    const { deliveryStore, transactions } = this.dependencies;
    const { leaseToken } = input.work;
    let startedAt = performance.now();
    // Called as soon as the end is known, even if the rollback has to wait for a statement of a handler that does not
    // end.
    let undone: (undo: Undo) => void = () => undefined;
    const early = new Promise<Undo>((done) => (undone = done));
    const work = transactions.run(leaseToken, async (tx, statements) => {
      startedAt = performance.now();
      const undo = (end: Undo['end'], busy = false): Undo => {
        const reason = new Undo(end, busy);
        if (busy) undone(reason);
        return reason;
      };
      const guarded = new GuardedTransaction(tx);
      const end = await this.call(handler, call, input, guarded.tx as HandlerTransaction);
      const { refusal } = guarded;
      const failed: CallEnd = refusal ? { kind: 'threw', error: refusal, timedOut: false } : end;
      if (failed.kind !== 'returned') throw undo(failed, end.kind === 'abandoned');
      const done = delivered(input, startedAt);
      const report = await deliveryStore.commitIn(statements, done.result);
      if (report) return { ...done, kind: 'settled' as const, report };
      const [row] = await statements.query<{ lease: string | null }>(
        `select current_setting('paggio.lease', true) as lease`,
      );
      throw undo(row?.lease === leaseToken ? 'lost' : 'ended_by_handler');
    });
    try {
      return await Promise.race([work, early.then((undo) => Promise.reject(undo))]);
    } catch (error) {
      // The transaction may end later, and nobody waits for it.
      work.catch(() => undefined);
      if (!(error instanceof Undo)) return this.notCommitted(handler, input, error, startedAt);
      if (error.end === 'lost') return { kind: 'lost' };
      if (error.end !== 'ended_by_handler') return this.failed(handler, input, error.end, startedAt);
      // The handler's commit cannot be undone, so another attempt would repeat its writes.
      const message = 'The handler ended the transaction itself: Paggio commits it, together with the delivery';
      const ended = new PermanentFailure(message);
      return this.failed(handler, input, { kind: 'threw', error: ended, timedOut: false }, startedAt);
    }
  }

  /** Handles a transaction that did not begin or did not commit. */
  private notCommitted(handler: RegisteredHandler, input: HandlerWork, error: unknown, startedAt: number): AttemptEnd {
    // Without an answer it may have committed. If it has not, the lease expires and the delivery is tried again.
    if (!wasRefused(error)) throw error;
    // The server refused, because of a constraint that is checked at the end, or a failed statement whose error was
    // swallowed.
    return this.failed(handler, input, { kind: 'threw', error, timedOut: false }, startedAt);
  }

  private call(
    handler: RegisteredHandler,
    call: HandlerCall,
    { work, content, endpoint, destination }: HandlerWork,
    tx: HandlerTransaction | undefined,
  ): Promise<CallEnd> {
    const context = { tx, attempt: work.attemptCount + 1 };
    return call.run(handler, toWebhookEvent(work, content, endpoint), context, destination.timeoutMs);
  }

  private failed(handler: RegisteredHandler, input: HandlerWork, end: Failed, startedAt: number): AttemptEnd {
    const { work, destination } = input;
    const error = end.kind === 'threw' ? end.error : undefined;
    this.dependencies.telemetry.emit({ type: 'handler.failed', handler: handler.name, eventId: work.eventId, error });
    const result = { ...reasonOf(end, destination.timeoutMs), latencyMs: Math.round(performance.now() - startedAt) };
    const outcome = outcomeOf(result, error, input, this.dependencies.timing.retrySecondMs);
    return { kind: 'finished', outcome, result: resultOf(input, result, outcome) };
  }
}

function delivered(
  input: HandlerWork,
  startedAt: number,
): { kind: 'finished'; outcome: Outcome; result: AttemptResult } {
  const latencyMs = Math.round(performance.now() - startedAt);
  const outcome: Outcome = { kind: 'delivered', reason: 'the handler returned' };
  const result = {
    ...resultOf(input, { ...nothingSent('', ''), error: null, latencyMs }, outcome),
    strain: 'none' as const,
  };
  return { kind: 'finished', outcome, result };
}

function resultOf(input: HandlerWork, result: TransportResult, outcome: Outcome): AttemptResult {
  return attemptResult(input.work, input.destination.url, result, outcome);
}

function reasonOf(end: Failed, timeoutMs: number): TransportResult {
  const limit = `${timeoutMs / 1000} s`;
  if (end.kind === 'abandoned') {
    const message = end.timedOut
      ? `did not end within ${limit}, nor after it was aborted`
      : 'did not end after it was aborted';
    return nothingSent('timeout', `the handler ${message}; it may still be running`);
  }
  const said = wordsOf(end.error);
  return end.timedOut
    ? nothingSent('timeout', `the handler did not end within ${limit} and was aborted: ${said}`)
    : nothingSent(isPermanent(end.error) ? 'permanent_failure' : 'handler_failed', said);
}

/** The text of a thrown value, which may be anything and may have no text. */
function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'it threw a value that has no text';
  }
}

/** The outcome of a failed call. A handler that throws is treated like a destination that answers 500. */
function outcomeOf(
  result: TransportResult,
  error: unknown,
  { work, destination }: HandlerWork,
  retrySecondMs: number,
): Outcome {
  if (isPermanent(error))
    return {
      kind: 'give_up',
      statusReason: 'refused',
      reason: `${result.error?.message}; the handler does not want a retry`,
    };
  const askedMs = askedDelayMs(error);
  // The delay takes the form in which a destination would ask for it.
  const headers: TransportResult['headers'] =
    askedMs === null ? {} : { 'retry-after': String(Math.ceil(askedMs / 1000)) };
  return classify({ ...result, headers }, work.attemptCount + 1, destination.retry, Date.now(), retrySecondMs);
}

/** Whether the server refused, so that nothing was committed. False when the connection or the server was lost. */
function wasRefused(error: unknown): boolean {
  if (error instanceof PaggioError) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|53|XX)/.test(code);
}
