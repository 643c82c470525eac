import { createHash } from 'node:crypto';
import { API_SOURCE } from '../capture/signed-ingest';
import { sizeOf } from '../events/event-size';
import { newEvent, type Recognised } from '../capture/new-event';
import { encodeHeaders } from '../events/stored-headers';
import type { StorageQuota } from '../usage/storage-quota';
import type { IncomingEvent } from '../capture/intake';
import { orderKeyOf } from '../endpoints/order-key';
import { matchesEventType, type EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import type { Routing } from '../endpoints/routing';
import { notFound } from '../errors';
import { formatId, newId } from '../event-id';
import type { Actor, Owner } from '../principal';
import type { PublicAddress } from '../public-address';
import type { PublishStore } from './publish-store';
import type { Transaction } from '../storage/statements';
import type { Telemetry } from '../telemetry/telemetry';

export interface PublishInput {
  /** 1 to 128 letters, digits, `-`, `_` and `.`. */
  eventType: string;
  /** JSON text. Every endpoint receives exactly these bytes. */
  payload: string;
  /** Omitted: every active endpoint of the owner whose `event_types` match. */
  endpointIds?: readonly string[];
  /** For 72 hours, a repetition with the same key and the same input creates nothing. */
  idempotencyKey?: string | null;
}

export interface PublishedDelivery {
  endpointId: string;
  eventId: string;
  /** False if an earlier call with the same idempotency key created it. */
  created: boolean;
}

export interface PublishingDependencies {
  store: PublishStore;
  directory: EndpointDirectory;
  routing: Routing;
  quota: StorageQuota;
  telemetry: Telemetry;
  address: Pick<PublicAddress, 'mountPath'>;
  /** Call it when work is due. */
  wake: () => void;
  /** Call it when work will be due as soon as a transaction of the host has committed. */
  wakeSoon: () => void;
}

/** Publishes an event of the owner's own code to many endpoints. */
export class Publishing {
  constructor(private readonly dependencies: PublishingDependencies) {}

  /**
   * Commits an event for each endpoint, all or none.
   * @param transaction a transaction of the host; the events are written in it, and exist once it commits
   * @throws PaggioError `NOT_FOUND` when an endpoint is not the owner's, `IDEMPOTENCY_KEY_CONFLICT`, `RATE_LIMITED` when one
   *   of them would exceed a storage quota
   */
  async publish(actor: Actor, input: PublishInput, transaction?: Transaction): Promise<PublishedDelivery[]> {
    const { quota, store, telemetry, wake, wakeSoon } = this.dependencies;
    const endpoints = await this.endpointsOf(actor, input);
    const payload = Buffer.from(input.payload, 'utf8');
    const events: IncomingEvent[] = [];
    for (const endpoint of endpoints) events.push(await this.toEvent(endpoint, input.eventType, payload, actor));
    for (const [index, event] of events.entries()) {
      const full = quota.refuses(endpoints[index] as EndpointConfig, sizeOf(event, event.headers), true);
      if (full) throw full;
    }
    const asked = [input.eventType, [...new Set(input.endpointIds ?? ['*'])].sort(), input.payload];
    const request = createHash('sha256').update(JSON.stringify(asked)).digest('hex');
    const earlier = await store.insert(actor, events, { key: input.idempotencyKey ?? null, request }, transaction);
    if (earlier) return earlier.map((one) => ({ ...one, created: false }));
    for (const [index, event] of events.entries())
      quota.add(endpoints[index] as EndpointConfig, sizeOf(event, event.headers), true);
    if (events.some(({ deliveries }) => deliveries.length > 0)) (transaction ? wakeSoon : wake)();
    // Events in a transaction of the host do not exist yet, and may never.
    for (const event of transaction ? [] : events) {
      telemetry.emit({
        type: 'event.captured',
        eventId: formatId(event.id),
        endpointId: formatId(event.endpointId),
        source: event.source,
        eventType: event.eventType,
        size: payload.length,
        verified: true,
        duplicate: false,
      });
    }
    return events.map((event) => ({
      endpointId: formatId(event.endpointId),
      eventId: formatId(event.id),
      created: true,
    }));
  }

  private async endpointsOf(owner: Owner, { endpointIds, eventType }: PublishInput): Promise<EndpointConfig[]> {
    const { directory, store } = this.dependencies;
    const ids = endpointIds === undefined ? await store.activeEndpoints(owner) : [...new Set(endpointIds)];
    const endpoints: EndpointConfig[] = [];
    for (const id of ids) {
      const endpoint = await directory.ofOwner(owner, id);
      if (endpoint && !endpoint.deleted) endpoints.push(endpoint);
      else if (endpointIds !== undefined) throw notFound('endpoint');
    }
    return endpointIds === undefined
      ? endpoints.filter((endpoint) => !endpoint.paused && matchesEventType(endpoint.eventTypes, eventType))
      : endpoints;
  }

  private async toEvent(
    endpoint: EndpointConfig,
    eventType: string,
    body: Buffer,
    actor: Actor,
  ): Promise<IncomingEvent> {
    const request = {
      method: 'POST',
      path: `${this.dependencies.address.mountPath}/api/v1/events`,
      query: '',
      rawHeaders: ['Content-Type', 'application/json'],
      body,
      remoteAddr: actor.remoteAddr ?? null,
    };
    const known: Recognised = {
      id: newId(Date.now()),
      source: API_SOURCE,
      eventType,
      verifiedBy: API_SOURCE,
      // The key vouches for the whole request; there is no signature over the body.
      bodyAuthenticated: false,
      correlationId: null,
      headers: encodeHeaders(request.rawHeaders),
      dedup: null,
    };
    const { targets, capturedReason } = await this.dependencies.routing.route(endpoint, known);
    const orderKey = endpoint.orderBy === null ? null : orderKeyOf(endpoint.orderBy, request.rawHeaders, body);
    const deliveries = targets.map((target) => ({ destinationId: target.idBytes, leaseToken: null, orderKey }));
    return newEvent(endpoint, request, known, { capturedReason, deliveries, stored: null, traceParent: null });
  }
}
