import type { Span } from '@opentelemetry/api';
import type { Handoff } from '../delivery/worker';
import type { DestinationConfig, EndpointConfig } from '../endpoints/endpoint-config';
import { formatId } from '../event-id';
import { sizeOf } from '../events/event-size';
import type { Telemetry } from '../telemetry/telemetry';
import { endSpan } from '../telemetry/tracing';
import type { StorageQuota } from '../usage/storage-quota';
import type { Accepted, IncomingEvent, IntakeSink, NewDelivery } from './intake';

/** A delivery of an event that is being written, with its destination. */
export interface AimedDelivery extends NewDelivery {
  target: DestinationConfig;
}

export interface WritingDependencies {
  quota: StorageQuota;
  handoff: Handoff | null;
  /** Notifies other processes of work that this one does not hold. */
  announce: () => void;
  telemetry: Telemetry;
}

/** One event between its submission and its commit. After the commit, it hands over the deliveries that have a lease. */
export class Writing implements IntakeSink {
  constructor(
    private readonly dependencies: WritingDependencies,
    private readonly span: Span,
    private readonly endpoint: EndpointConfig,
    private readonly event: IncomingEvent,
    private readonly deliveries: readonly AimedDelivery[],
    private readonly sink: IntakeSink,
  ) {}

  accepted(accepted: Accepted): void {
    const { endpoint, event } = this;
    try {
      if (accepted.duplicate) this.cancelReservations();
      else {
        this.dependencies.quota.add(endpoint, sizeOf(event, event.headers), event.verifiedBy !== null);
        this.handOver();
      }
      this.report(accepted);
      endSpan(this.span, { attributes: { 'paggio.event_id': accepted.eventId } });
    } catch (error) {
      // The event is stored, so its sender has to know.
      this.dependencies.telemetry.emit({ type: 'fault', where: 'capture.hand_over', error });
    }
    this.sink.accepted(accepted);
  }

  failed(error: unknown): void {
    this.cancelReservations();
    endCaptureSpan(this.span, error);
    this.sink.failed(error);
  }

  private cancelReservations(): void {
    for (const { leaseToken, target } of this.deliveries)
      if (leaseToken !== null) this.dependencies.handoff?.cancelReservation(target.id);
  }

  private handOver(): void {
    const { announce, handoff } = this.dependencies;
    const { deliveries, endpoint } = this;
    if (handoff === null) {
      if (deliveries.length > 0 && !endpoint.paused) announce();
      return;
    }
    for (const { leaseToken, target } of deliveries) {
      if (leaseToken !== null) this.start(handoff, target, leaseToken);
      else if (!endpoint.paused && !target.paused) handoff.due(target.id);
    }
  }

  private start(handoff: Handoff, target: DestinationConfig, leaseToken: Buffer): void {
    const { endpoint, event } = this;
    const eventId = formatId(event.id);
    handoff.start({
      eventId,
      destinationId: target.id,
      endpointId: endpoint.id,
      leaseToken: formatId(leaseToken),
      attemptCount: 0,
      takeovers: 0,
      content: {
        method: event.method,
        query: event.query,
        headers: event.rawHeaders,
        body: event.body,
        locked: false,
        correlationId: event.correlationId,
        traceParent: event.traceParent,
        originId: eventId,
        source: event.source,
        eventType: event.eventType,
        verifiedBy: event.verifiedBy,
        receivedAt: event.receivedAt,
      },
    });
  }

  private report({ eventId, duplicate }: Accepted): void {
    const { telemetry } = this.dependencies;
    if (!telemetry.watched) return;
    const { endpoint, event } = this;
    telemetry.emit({
      type: 'event.captured',
      eventId,
      endpointId: endpoint.id,
      source: event.source,
      eventType: event.eventType,
      size: event.body.length,
      verified: event.verifiedBy !== null,
      duplicate,
    });
  }
}

/** Ends the span of a capture that failed. */
export function endCaptureSpan(span: Span, error: unknown): void {
  endSpan(span, { error: error instanceof Error ? error.message : String(error) });
}
