import type { Handoff } from '../delivery/worker';
import { orderKeyOf } from '../endpoints/order-key';
import type { DestinationConfig, EndpointConfig } from '../endpoints/endpoint-config';
import type { Routing } from '../endpoints/routing';
import { formatId } from '../event-id';
import { eventPlace, type RequestSeal, type StoredRequest } from '../events/request-seal';
import type { SealGate } from '../secrets/seal-gate';
import type { Telemetry } from '../telemetry/telemetry';
import { captureSpan, endSpan, traceParentOf } from '../telemetry/tracing';
import { findCredentials } from '../events/credentials';
import { sizeOf } from '../events/event-size';
import type { Accepted, Intake, NewDelivery } from './intake';
import { newEvent, type CaptureRequest, type Recognised } from './new-event';
import type { StorageQuota } from '../usage/storage-quota';

export interface EventWriterDependencies {
  routing: Routing;
  intake: Intake;
  quota: StorageQuota;
  handoff: Handoff | null;
  /** Notifies other processes of work that this one does not hold. */
  announce: () => void;
  seal: RequestSeal;
  gate: Pick<SealGate, 'maySeal'>;
  telemetry: Telemetry;
}

/** Commits an event with its deliveries, and hands over what this process may deliver at once. */
export class EventWriter {
  constructor(private readonly dependencies: EventWriterDependencies) {}

  /** Resolves after the commit. */
  async write(endpoint: EndpointConfig, request: CaptureRequest, known: Recognised): Promise<Accepted> {
    const span = captureSpan(request.rawHeaders, { 'paggio.endpoint_id': endpoint.id, 'paggio.source': known.source });
    try {
      const accepted = await this.commit(endpoint, request, known, traceParentOf(span));
      endSpan(span, { attributes: { 'paggio.event_id': accepted.eventId } });
      return accepted;
    } catch (error) {
      endSpan(span, { error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  private async commit(
    addressed: EndpointConfig,
    request: CaptureRequest,
    known: Recognised,
    traceParent: string | null,
  ): Promise<Accepted> {
    const { handoff, intake, quota, routing, telemetry } = this.dependencies;
    const route = routing.route(addressed, known);
    const { endpoint, targets, capturedReason } = route instanceof Promise ? await route : route;
    const orderKey =
      endpoint.orderBy === null || targets.length === 0
        ? null
        : orderKeyOf(endpoint.orderBy, request.rawHeaders, request.body);
    const deliveries: (NewDelivery & { target: DestinationConfig })[] = targets.map((target) => ({
      target,
      destinationId: target.idBytes,
      leaseToken: endpoint.paused || target.paused ? null : (handoff?.reserve(endpoint, target) ?? null),
      orderKey,
    }));
    const stored = this.sealCredentials(addressed, request, known.id);
    const event = newEvent(addressed, request, known, { capturedReason, deliveries, stored, traceParent });

    const leased = deliveries.filter((delivery) => delivery.leaseToken !== null);
    let accepted;
    try {
      accepted = await intake.accept(event);
    } catch (error) {
      for (const delivery of leased) handoff?.cancelReservation(delivery.target.id);
      throw error;
    }
    if (!accepted.duplicate) quota.add(endpoint, sizeOf(event, event.headers), event.verifiedBy !== null);
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

  /**
   * Seals the credentials for the row. In memory the event keeps what arrived.
   * @returns null when the row is stored as it arrived
   */
  private sealCredentials(endpoint: EndpointConfig, request: CaptureRequest, id: Buffer): StoredRequest | null {
    const { gate, seal } = this.dependencies;
    if (!gate.maySeal) return null;
    const { userId, verifier } = endpoint;
    const credentials = findCredentials(request, verifier === 'broken' ? null : verifier);
    return credentials === null ? null : seal.seal(request, credentials, eventPlace(userId, formatId(id)));
  }
}
