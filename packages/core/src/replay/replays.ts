import type { Authority } from '../authority';
import { withoutCredentials } from '../capture/credentials';
import { lockedResult, sendEvent, type SendInput } from '../delivery/attempt';
import type { AddressGuard } from '../delivery/address-guard';
import { checkDestinationUrl, notAllowed, notPublic, type DestinationUrl } from '../delivery/destination-url';
import { foldedName } from '../delivery/header-name';
import type { Hops } from '../delivery/hops';
import { storable } from '../delivery/storable';
import type { Transport, TransportResult } from '../delivery/transport';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import type { Routing } from '../endpoints/routing';
import { invalid, notFound, PaggioError } from '../errors';
import { formatId, newId } from '../event-id';
import type { EventDetail } from '../events/event';
import type { Events } from '../events/events';
import type { Actor, Owner } from '../principal';
import type { ReplayStore } from '../storage/replay-store';
import type { Telemetry } from '../telemetry';
import type { Environment } from './environment';
import { resigned } from './resigned';

/** Where a synchronous replay goes. */
export type ReplayTarget = { destinationUrl: string } | { environment: Environment; customUrl?: string };

/** Either of them needs the scope `resign`. */
export interface ReplayOptions {
  /** Sends the sender's credentials to other hosts than the endpoint's own destination too. Default false. */
  includeCredentials?: boolean;
  /**
   * Signs anew in the provider's scheme, with the secret of the environment (`replaySecrets`), else the endpoint's own:
   * that one only for verified events and the original, staging and local environments. Default false.
   */
  resign?: boolean;
}

export interface ReplayResult {
  /** Of the attempt. */
  id: string;
  status: 'delivered' | 'failed';
  responseStatus: number | null;
  responseBody: Buffer;
  latencyMs: number;
  destinationUrl: string;
  replayedAt: Date;
  error: string | null;
}

export interface ReplaysDependencies {
  events: Events;
  directory: EndpointDirectory;
  routing: Routing;
  store: ReplayStore;
  transport: Transport;
  hops: Hops;
  guard: AddressGuard;
  ownOrigins: () => ReadonlySet<string>;
  authority: Authority;
  telemetry: Telemetry;
  stagingHost: string | null;
  localUrl: string;
  /** Work is due. */
  wake: () => void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** A person or an API asks for an event to be sent again. */
export class Replays {
  constructor(private readonly dependencies: ReplaysDependencies) {}

  /**
   * One attempt, now. Changes nothing of the event's own deliveries.
   * @throws PaggioError `FORBIDDEN` for options without the scope `resign`, `NOT_FOUND`, `VALIDATION_FAILED`,
   * `DESTINATION_NOT_ALLOWED`
   */
  async send(
    owner: Actor,
    eventId: string,
    target: ReplayTarget,
    { includeCredentials = false, resign = false }: ReplayOptions = {},
  ): Promise<ReplayResult> {
    if (includeCredentials || resign) this.dependencies.authority.require(owner, 'resign', 'events.replay');
    const { event, endpoint } = await this.load(owner, eventId);
    const destination = endpoint.destinations.find((one) => one.handler === null);
    const url = await this.urlOf(target, destination?.url);
    // With scheme and port: another service on the same machine is another receiver.
    const home = destination !== undefined && new URL(destination.url).origin === new URL(url).origin;
    const carriesCredentials = home || includeCredentials;
    const { method, query, rawHeaders: headers, body } = carriesCredentials ? event : withoutCredentials(event);
    const original = { method, query, headers, body };
    const environment = 'environment' in target ? target.environment : 'custom';
    const { verifiedBy } = event;
    const signed = resign
      ? resigned(original, { endpoint, environment, home, url, nowMs: Date.now(), verifiedBy })
      : null;
    const sent = signed ?? original;
    if (!carriesCredentials && sent.body === body) refuseCredentialsOf(event);
    // What was signed for the receiver stands above what the destination usually gets in its place.
    const custom = home
      ? destination.headers.filter(([name]) => !signed?.made.has(foldedName(name.toLowerCase())))
      : [];
    const result = await this.sendOnce(event, {
      eventId,
      content: {
        ...original,
        query: sent.query,
        headers: sent.headers,
        body: sent.body,
        correlationId: event.correlationId,
        traceParent: event.traceParent,
        originId: event.originId,
        source: event.source,
        eventType: event.eventType,
        verifiedBy: event.verifiedBy,
        receivedAt: event.receivedAt.getTime(),
        locked: event.locked,
      },
      endpoint,
      url,
      custom: signed ? [...custom, ...signed.credentials] : custom,
      timeoutMs: destination?.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      attemptNumber: event.attemptsTotal + 1,
    });
    if (result.error?.code === 'blocked_address') throw notAllowed(fieldOf(target), notPublic(new URL(url).hostname));

    const status = result.status !== null && result.status >= 200 && result.status < 300 ? 'delivered' : 'failed';
    const error = result.error ? storable(`${result.error.code}: ${result.error.message}`) : null;
    const attemptId = newId();
    const replayedAt = await this.dependencies.store.keepAttempt(owner, {
      eventId,
      attemptId,
      url,
      status,
      responseStatus: result.status,
      responseHeaders: result.headers,
      responseBody: result.body,
      responseTruncated: result.truncated,
      latencyMs: result.latencyMs,
      error,
      reason: error ?? (status === 'delivered' ? '2xx' : `HTTP ${result.status}`),
      includeCredentials,
      resign,
    });
    this.dependencies.telemetry.emit({
      type: 'attempt.finished',
      eventId,
      destinationUrl: url,
      trigger: 'replay',
      number: event.attemptsTotal + 1,
      status,
      responseStatus: result.status,
      latencyMs: result.latencyMs,
      error,
      next: null,
    });
    return {
      id: formatId(attemptId),
      status,
      responseStatus: result.status,
      responseBody: result.body,
      latencyMs: result.latencyMs,
      destinationUrl: url,
      replayedAt,
      error,
    };
  }

  /**
   * A new event with the same bytes goes through the ordinary delivery with its retries. Returns its id; with a key that
   * was used for this event before, the id of the one made then.
   */
  async redeliver(owner: Actor, eventId: string, idempotencyKey: string | null = null): Promise<string> {
    const { event, endpoint } = await this.load(owner, eventId);
    if (endpoint.deleted) {
      throw new PaggioError('CONFLICT', 'The endpoint of this event was deleted', {
        hint: 'Replay it to a URL with destination_url.',
      });
    }
    const { targets } = await this.dependencies.routing.again(endpoint, event);
    if (targets.length === 0) {
      throw invalid([
        {
          field: 'destination_url',
          message: 'The endpoint has no destination for this event. Give one here, or set it on the endpoint.',
        },
      ]);
    }
    const id = await this.dependencies.store.copy(
      owner,
      eventId,
      targets.map((one) => one.id),
      idempotencyKey,
    );
    // failpoint: replay.committed
    this.dependencies.wake();
    return id;
  }

  private async sendOnce({ locked }: EventDetail, input: SendInput): Promise<TransportResult> {
    return locked ? lockedResult(locked) : sendEvent(this.dependencies, input);
  }

  private async load(owner: Owner, eventId: string): Promise<{ event: EventDetail; endpoint: EndpointConfig }> {
    const event = await this.dependencies.events.get(owner, eventId);
    const endpoint = await this.dependencies.directory.byId(event.endpointId);
    if (!endpoint) throw notFound('event');
    return { event, endpoint };
  }

  private async urlOf(target: ReplayTarget, destination: string | undefined): Promise<DestinationUrl> {
    const { guard, localUrl, stagingHost } = this.dependencies;
    const check = (text: string): Promise<DestinationUrl> =>
      checkDestinationUrl(text, fieldOf(target), guard, this.dependencies.ownOrigins());
    if ('destinationUrl' in target) return check(target.destinationUrl);
    const missing = (message: string): PaggioError => invalid([{ field: 'environment', message }]);
    if (target.environment === 'custom') {
      if (!target.customUrl)
        throw invalid([{ field: 'custom_url', message: 'environment "custom" needs custom_url.' }]);
      return check(target.customUrl);
    }
    if (target.environment === 'local') {
      const path = destination ? new URL(destination) : undefined;
      return check(`${localUrl}${path ? path.pathname + path.search : '/'}`);
    }
    if (!destination) throw missing(`The endpoint has no destination URL to take the ${target.environment} URL from.`);
    if (target.environment === 'original') return check(destination);
    if (!stagingHost)
      throw missing('There is no staging host: the operator sets PAGGIO_STAGING_HOST (option stagingHost).');
    const url = new URL(destination);
    url.host = stagingHost;
    if (!stagingHost.includes(':')) url.port = '';
    return check(url.href);
  }
}

function fieldOf(target: ReplayTarget): string {
  if ('destinationUrl' in target) return 'destination_url';
  return target.environment === 'custom' ? 'custom_url' : 'environment';
}

/** The body is sent as it came or not at all, so a credential inside it cannot be left out. */
function refuseCredentialsOf({ credentials }: EventDetail): void {
  if (credentials === null || credentials.spans.length === 0) return;
  const message =
    "The body carries the provider's secret, which this host receives only with include_credentials (scope resign).";
  throw invalid([{ field: 'include_credentials', message }]);
}
