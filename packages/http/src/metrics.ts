import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { TelemetryEvent, Paggio } from '@paggio/core';

const instances = new WeakMap<Paggio, Metrics>();

/** The metrics of a gateway. All of its handlers share one set. */
export function metricsOf(paggio: Paggio): Metrics {
  let metrics = instances.get(paggio);
  if (!metrics) {
    metrics = new Metrics(paggio);
    instances.set(paggio, metrics);
  }
  return metrics;
}

/** Uses a registry of its own, so that the metrics of Paggio and of the host do not mix. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly captured = this.counter('paggio_events_captured_total', 'Events that were stored.', ['source']);
  private readonly duplicates = this.counter(
    'paggio_events_duplicate_total',
    'Duplicates: requests that repeated a stored event.',
    ['source'],
  );
  private readonly rejected = this.counter('paggio_rejections_total', 'Requests that failed verification.', [
    'provider',
    'reason',
  ]);
  private readonly attempts = this.counter('paggio_attempts_total', 'Attempts that have ended.', ['trigger', 'status']);
  private readonly duration = new Histogram({
    name: 'paggio_attempt_duration_seconds',
    help: 'Seconds from the beginning of an attempt to the end of the response.',
    labelNames: ['trigger', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });
  private readonly bytes = this.counter('paggio_captured_bytes_total', 'Bytes of the bodies that were stored.', []);
  private readonly failed = this.counter('paggio_deliveries_failed_total', 'Deliveries that ended without success.', [
    'status_reason',
  ]);
  private readonly paused = this.counter(
    'paggio_destinations_paused_total',
    'Destinations that Paggio paused automatically.',
    [],
  );
  private readonly circuits = this.counter('paggio_circuits_total', 'Circuit breakers that opened or closed.', [
    'state',
  ]);
  private readonly blocked = this.counter(
    'paggio_blocked_addresses_total',
    'Connections that the address guard refused to make.',
    ['reason'],
  );
  private readonly handlerFailures = this.counter(
    'paggio_handler_failures_total',
    'Handler calls that threw or did not end in time.',
    ['handler'],
  );
  private readonly refused = this.counter(
    'paggio_capture_refused_total',
    'Requests to webhook URLs that were refused with 429.',
    ['reason'],
  );
  private readonly faults = this.counter(
    'paggio_faults_total',
    'Internal errors that Paggio caught. The log has the details.',
    ['where'],
  );
  private readonly pending = this.gauge('paggio_queue_pending', 'Pending deliveries, counted up to 100000.', []);
  private readonly lag = this.gauge(
    'paggio_queue_lag_seconds',
    'Seconds that the most overdue delivery has been waiting.',
    [],
  );
  private readonly failing = this.gauge(
    'paggio_destinations_failing',
    'Destinations that are failing: their circuit breaker has opened, or five attempts in a row failed over at least a minute.',
    [],
  );
  private readonly stored = this.gauge(
    'paggio_stored_bytes',
    "Bytes that Paggio's schema, with its indexes, takes on the disk of the database.",
    [],
  );
  private readonly connections = this.gauge('paggio_pool_connections', 'Connections to the database.', [
    'pool',
    'state',
  ]);
  private readonly waiting = this.gauge('paggio_pool_waiting', 'Statements that are waiting for a connection.', [
    'pool',
  ]);
  private readonly clock = this.gauge(
    'paggio_clock_skew_seconds',
    'Seconds by which the clock of this process is ahead of the clock of the database.',
    [],
  );
  private readonly up = this.gauge('paggio_database_up', '1 while the database answers, otherwise 0.', []);

  constructor(private readonly paggio: Paggio) {
    collectDefaultMetrics({ register: this.registry });
    paggio.subscribe((event) => this.count(event));
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The metrics in the text format of Prometheus. It works even while the database does not answer. */
  async text(): Promise<string> {
    try {
      const { lagSeconds, pending, failingDestinations, pools, clockSkewMs, storedBytes } =
        await this.paggio.host.gauges();
      this.pending.set(pending);
      this.lag.set(lagSeconds);
      this.failing.set(failingDestinations);
      this.stored.set(storedBytes);
      for (const { pool, total, idle, waiting } of pools) {
        this.connections.set({ pool, state: 'idle' }, idle);
        this.connections.set({ pool, state: 'used' }, total - idle);
        this.waiting.set({ pool }, waiting);
      }
      if (clockSkewMs !== null) this.clock.set(clockSkewMs / 1000);
      this.up.set(1);
    } catch {
      this.up.set(0);
    }
    return this.registry.metrics();
  }

  private count(event: TelemetryEvent): void {
    switch (event.type) {
      case 'event.captured':
        if (event.duplicate) return this.duplicates.inc({ source: event.source });
        this.captured.inc({ source: event.source });
        return this.bytes.inc(event.size);
      case 'event.rejected':
        return this.rejected.inc({ provider: event.provider, reason: event.reason });
      case 'attempt.finished': {
        const labels = { trigger: event.trigger, status: event.status };
        this.attempts.inc(labels);
        return this.duration.observe(labels, event.latencyMs / 1000);
      }
      case 'delivery.failed':
        return this.failed.inc({ status_reason: event.statusReason });
      case 'destination.paused':
        return this.paused.inc();
      case 'circuit.opened':
        return this.circuits.inc({ state: 'opened' });
      case 'circuit.closed':
        return this.circuits.inc({ state: 'closed' });
      case 'handler.failed':
        return this.handlerFailures.inc({ handler: event.handler });
      case 'address.blocked':
        return this.blocked.inc({ reason: event.reason });
      case 'capture.refused':
        return this.refused.inc({ reason: event.reason }, event.count);
      // Gauges report some of these, and the log reports the others.
      case 'clock.skewed':
      case 'durability.weak':
      case 'role.privileged':
      case 'session.refused':
      case 'master_key.guessable':
      case 'master_key.rotated':
      case 'storage.filling':
      case 'storage.growing':
        return;
      case 'fault':
        return this.faults.inc({ where: event.where });
    }
  }

  private counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
