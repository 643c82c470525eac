import type { Handoff } from '../delivery/worker';
import { orderKeyOf } from '../endpoints/order-key';
import type { DestinationConfig, EndpointConfig } from '../endpoints/endpoint-config';
import type { Routing } from '../endpoints/routing';
import { formatId } from '../event-id';
import { eventPlace, type RequestSeal } from '../events/request-seal';
import type { SealGate } from '../secrets/seal-gate';
import type { Telemetry } from '../telemetry/telemetry';
import { captureSpan, endSpan, traceParentOf } from '../telemetry/tracing';
import { findCredentials } from '../events/credentials';
import { sizeOf } from '../events/event-size';
import type { Accepted, IncomingEvent, Intake, NewDelivery } from './intake';
import type { StorageQuota } from '../usage/storage-quota';

export interface EventWriterDependencies {
  routing: Routing;
  intake: Intake;
  quota: StorageQuota;
  handoff: Handoff | null;
  /** Tells other processes that there is work which this one does not hold. */
  announce: () => void;
  seal: RequestSeal;
  gate: Pick<SealGate, 'isOpen'>;
  telemetry: Telemetry;
}

/** Commits an event with its deliveries, and hands over what this process may deliver at once. */
export class EventWriter {
  constructor(private readonly dependencies: EventWriterDependencies) {}

  /** Resolves after the commit. */
  async write(endpoint: EndpointConfig, event: IncomingEvent): Promise<Accepted> {
    const span = captureSpan(event.rawHeaders, { 'paggio.endpoint_id': endpoint.id, 'paggio.source': event.source });
    event.traceParent = traceParentOf(span);
    try {
      const accepted = await this.commit(endpoint, event);
      endSpan(span, { attributes: { 'paggio.event_id': accepted.eventId } });
      return accepted;
    } catch (error) {
      endSpan(span, { error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  private async commit(addressed: EndpointConfig, event: IncomingEvent): Promise<Accepted> {
    const { handoff, intake, quota, routing, telemetry } = this.dependencies;
    const route = routing.route(addressed, event);
    const { endpoint, targets, capturedReason } = route instanceof Promise ? await route : route;
    const orderKey =
      endpoint.orderBy === null || targets.length === 0
        ? null
        : orderKeyOf(endpoint.orderBy, event.rawHeaders, event.body);
    const deliveries: (NewDelivery & { target: DestinationConfig })[] = targets.map((target) => ({
      target,
      destinationId: target.idBytes,
      leaseToken: endpoint.paused || target.paused ? null : (handoff?.reserve(endpoint, target) ?? null),
      orderKey,
    }));
    event.deliveries = deliveries;
    event.capturedReason = capturedReason;
    this.sealCredentials(addressed, event);

    const leased = deliveries.filter((delivery) => delivery.leaseToken !== null);
    let accepted;
    try {
      accepted = await intake.accept(event);
    } catch (error) {
      for (const delivery of leased) handoff?.cancelReservation(delivery.target.id);
      throw error;
    }
    if (!accepted.duplicate) quota.add(endpoint, sizeOf(event), event.verifiedBy !== null);
    const eventId = formatId(event.id);
    for (const delivery of leased) {
      if (accepted.duplicate) handoff?.cancelReservation(delivery.target.id);
      else {
        handoff?.start({
          eventId,
          destinationId: delivery.target.id,
          endpointId: endpoint.id,
          leaseToken: formatId(delivery.leaseToken as Buffer),
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
    }
    if (leased.length < deliveries.length && !endpoint.paused && !accepted.duplicate) {
      if (handoff === null) this.dependencies.announce();
      else {
        for (const { leaseToken, target } of deliveries)
          if (leaseToken === null && !target.paused) handoff.due(target.id);
      }
    }
    if (telemetry.watched) {
      telemetry.emit({
        type: 'event.captured',
        eventId: accepted.eventId,
        endpointId: endpoint.id,
        source: event.source,
        eventType: event.eventType,
        size: event.body.length,
        verified: event.verifiedBy !== null,
        duplicate: accepted.duplicate,
      });
    }
    return accepted;
  }

  /** In memory the event keeps what arrived: only its row is sealed. */
  private sealCredentials({ verifier }: EndpointConfig, event: IncomingEvent): void {
    const { gate, seal } = this.dependencies;
    if (!gate.isOpen) return;
    const credentials = findCredentials(event, verifier === 'broken' ? null : verifier);
    if (credentials !== null)
      event.stored = seal.seal(event, credentials, eventPlace(event.userId, formatId(event.id)));
  }
}
