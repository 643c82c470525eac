import type { Span } from '@opentelemetry/api';
import type { Handoff } from '../delivery/worker';
import { orderKeyOf } from '../endpoints/order-key';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { Route, Routing } from '../endpoints/routing';
import { formatId } from '../event-id';
import { eventPlace, type RequestSeal, type StoredRequest } from '../events/request-seal';
import type { SealGate } from '../secrets/seal-gate';
import type { Telemetry } from '../telemetry/telemetry';
import { captureSpan, traceParentOf } from '../telemetry/tracing';
import { findCredentials } from '../events/credentials';
import type { Accepted, Intake, IntakeSink } from './intake';
import { newEvent, type CaptureRequest, type Recognised } from './new-event';
import type { StorageQuota } from '../usage/storage-quota';
import { endCaptureSpan, Writing } from './writing';

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
  write(endpoint: EndpointConfig, request: CaptureRequest, known: Recognised): Promise<Accepted> {
    return new Promise((accepted, failed) => this.submit(endpoint, request, known, { accepted, failed }));
  }

  /** Like `write`, without a promise for every webhook. It reports every failure to the sink and does not throw. */
  submit(addressed: EndpointConfig, request: CaptureRequest, known: Recognised, sink: IntakeSink): void {
    const span = captureSpan(request.rawHeaders, { 'paggio.endpoint_id': addressed.id, 'paggio.source': known.source });
    const fail = (error: unknown): void => {
      endCaptureSpan(span, error);
      sink.failed(error);
    };
    const commit = (route: Route): void => {
      try {
        this.commit(addressed, request, known, route, span, sink);
      } catch (error) {
        fail(error);
      }
    };
    try {
      const route = this.dependencies.routing.route(addressed, known);
      if (route instanceof Promise) void route.then(commit, fail);
      else commit(route);
    } catch (error) {
      fail(error);
    }
  }

  private commit(
    addressed: EndpointConfig,
    request: CaptureRequest,
    known: Recognised,
    { endpoint, targets, capturedReason }: Route,
    span: Span,
    sink: IntakeSink,
  ): void {
    const orderKey =
      endpoint.orderBy === null || targets.length === 0
        ? null
        : orderKeyOf(endpoint.orderBy, request.rawHeaders, request.body);
    // What may fail comes before the reservation of slots.
    const stored = this.sealCredentials(addressed, request, known.id);
    const { handoff } = this.dependencies;
    const deliveries = targets.map((target) => ({
      target,
      destinationId: target.idBytes,
      leaseToken: endpoint.paused || target.paused ? null : (handoff?.reserve(endpoint, target) ?? null),
      orderKey,
    }));
    const traceParent = traceParentOf(span);
    const event = newEvent(addressed, request, known, { capturedReason, deliveries, stored, traceParent });
    this.dependencies.intake.submit(event, new Writing(this.dependencies, span, endpoint, event, deliveries, sink));
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
