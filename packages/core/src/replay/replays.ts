import type { Authority } from '../keys/authority';
import { findCredentials, withoutCredentials } from '../events/credentials';
import { lockedResult, nothingSent, sendEvent, type SendInput } from '../delivery/attempt';
import type { AddressGuard } from '../transport/address-guard';
import { checkDestinationUrl, notAllowed, notPublic, type DestinationUrl } from '../transport/destination-url';
import { foldedName } from '../transport/header-name';
import type { Hops } from '../delivery/hops';
import { storable } from '../delivery/storable';
import type { Transport, TransportResult } from '../transport/transport';
import type { DestinationConfig, EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import type { Routing } from '../endpoints/routing';
import { invalid, notFound, PaggioError } from '../errors';
import { formatId, newId } from '../event-id';
import type { EventDetail } from '../events/event';
import type { Events } from '../events/events';
import type { Actor, Owner } from '../principal';
import type { PublicAddress } from '../public-address';
import type { ReplayAttempt, ReplayStore } from './replay-store';
import type { Telemetry } from '../telemetry/telemetry';
import type { Environment } from '../endpoints/environment';
import { originalDestinations } from '../events/original';
import { resigned } from './resigned';

/** The target of a synchronous replay. */
export type ReplayTarget = { destinationUrl: string } | { environment: Environment; customUrl?: string };

/** Options of a replay. Each of them needs the scope `resign`. */
export interface ReplayOptions {
  /** Sends the sender's credentials to other hosts too, not only to the endpoint's own destinations. @default false */
  includeCredentials?: boolean;
  /**
   * Signs the request again in the provider's scheme, with the secret of the environment (`replaySecrets`). Without
   * such a secret it uses the endpoint's own, but only for verified events and for the environments `original`,
   * `staging` and `local`.
   * @default false
   */
  resign?: boolean;
}

/** The result of one attempt of a replay. */
export interface ReplayedAttempt {
  /** Id of the attempt. */
  id: string;
  /**
   * The destination of the endpoint. `null` for a URL of your choice, and for the environments `staging` and `local`.
   */
  destinationId: string | null;
  status: 'delivered' | 'failed';
  responseStatus: number | null;
  responseBody: Buffer;
  latencyMs: number;
  destinationUrl: string;
  replayedAt: Date;
  error: string | null;
}

/** The first attempt, and all attempts, because the environment `original` may mean several destinations. */
export interface ReplayResult extends ReplayedAttempt {
  attempts: ReplayedAttempt[];
}

/** A checked URL that a replay goes to. */
interface Aim {
  url: string;
  /** The destination whose headers and timeout apply. */
  destination: DestinationConfig | undefined;
  /** Whether it is a destination of the endpoint, and not only a URL that was made from one. */
  isOriginal: boolean;
  /** Why nothing may be sent there, or null. The other destinations get the event anyway. */
  refused: TransportResult | null;
}

export interface ReplaysDependencies {
  events: Events;
  directory: EndpointDirectory;
  routing: Routing;
  store: ReplayStore;
  transport: Transport;
  hops: Hops;
  guard: AddressGuard;
  address: Pick<PublicAddress, 'ownOrigins'>;
  authority: Authority;
  telemetry: Telemetry;
  stagingHost: string | null;
  localUrl: string;
  /** Called when deliveries are due. */
  wake: () => void;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/** Sends an event again, because a person or an API client asks for it. */
export class Replays {
  constructor(private readonly dependencies: ReplaysDependencies) {}

  /**
   * Makes one attempt now to each URL of the target. Only the environment `original` may have several. It does not
   * change the event's own deliveries.
   * @throws PaggioError `FORBIDDEN` for options without the scope `resign`; `NOT_FOUND` or `VALIDATION_FAILED`;
   * `DESTINATION_NOT_ALLOWED` when none of the URLs may be reached
   */
  async send(
    owner: Actor,
    eventId: string,
    target: ReplayTarget,
    { includeCredentials = false, resign = false }: ReplayOptions = {},
  ): Promise<ReplayResult> {
    if (includeCredentials || resign) this.dependencies.authority.require(owner, 'resign', 'events.replay');
    const { event, endpoint } = await this.load(owner, eventId);
    const aims = await this.aimsOf(target, event, endpoint);
    const environment = 'environment' in target ? target.environment : 'custom';
    // All requests are built before the first is sent, so that a refusal here means that nothing was sent.
    const inputs = aims.map((aim, index) =>
      this.inputOf(event, endpoint, aim, { environment, includeCredentials, resign, index }),
    );
    const results = await Promise.all(
      aims.map(async ({ refused }, index) => refused ?? this.sendOnce(event, inputs[index] as SendInput)),
    );
    if (results.every(({ error }) => error?.code === 'blocked_address'))
      throw notAllowed(fieldOf(target), notPublic(new URL(inputs[0]?.url ?? '').hostname));

    const kept = results.map((result, index): ReplayAttempt => {
      const { destination, isOriginal, url } = aims[index] as Aim;
      const status = result.status !== null && result.status >= 200 && result.status < 300 ? 'delivered' : 'failed';
      const error = result.error ? storable(`${result.error.code}: ${result.error.message}`) : null;
      return {
        eventId,
        attemptId: newId(),
        destinationId: isOriginal ? (destination?.id ?? null) : null,
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
      };
    });
    const replayedAt = await this.dependencies.store.keepAttempts(owner, kept);
    const attempts = kept.map((attempt, index): ReplayedAttempt => {
      const { destinationId, url, status, responseStatus, responseBody, latencyMs, error } = attempt;
      this.dependencies.telemetry.emit({
        type: 'attempt.finished',
        eventId,
        destinationUrl: url,
        trigger: 'replay',
        number: event.attemptsTotal + 1 + index,
        status,
        responseStatus,
        latencyMs,
        error,
        next: null,
      });
      const id = formatId(attempt.attemptId);
      return {
        id,
        destinationId,
        status,
        responseStatus,
        responseBody,
        latencyMs,
        destinationUrl: url,
        replayedAt,
        error,
      };
    });
    return { ...(attempts[0] as ReplayedAttempt), attempts };
  }

  /**
   * Creates a new event with the same bytes, which goes through ordinary delivery with its retries. Returns its id.
   * With a key that was used for this event before, it returns the id of the earlier copy.
   */
  async redeliver(owner: Actor, eventId: string, idempotencyKey: string | null = null): Promise<string> {
    const { event, endpoint } = await this.load(owner, eventId);
    if (endpoint.deleted) {
      throw new PaggioError('CONFLICT', 'The endpoint of this event was deleted', {
        hint: 'Replay it to a URL with destinationUrl.',
      });
    }
    const { targets } = await this.dependencies.routing.again(endpoint, event);
    if (targets.length === 0) {
      throw invalid([
        {
          field: 'destinationUrl',
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

  /** Builds the request for a URL, with the sender's credentials only if they may go there. */
  private inputOf(
    event: EventDetail,
    endpoint: EndpointConfig,
    { destination, url }: Aim,
    options: Required<ReplayOptions> & { environment: Environment; index: number },
  ): SendInput {
    // This compares scheme and port too, because another service on the same machine is another receiver.
    const home = destination !== undefined && new URL(destination.url).origin === new URL(url).origin;
    const carriesCredentials = home || options.includeCredentials;
    const { method, query, rawHeaders: headers, body } = carriesCredentials ? event : withoutCredentials(event);
    const original = { method, query, headers, body };
    const { environment } = options;
    const { verifiedBy } = event;
    const signed = options.resign
      ? resigned(original, { endpoint, environment, home, url, nowMs: Date.now(), verifiedBy })
      : null;
    const sent = signed ?? original;
    if (!carriesCredentials && stillCarries(sent.body, event, endpoint)) refuseCredentialsOf(event);
    // Headers that were just signed take precedence over the destination's own headers.
    const custom = home
      ? destination.headers.filter(([name]) => !signed?.made.has(foldedName(name.toLowerCase())))
      : [];
    return {
      eventId: event.id,
      identity: home ? destination.tls : null,
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
      attemptNumber: event.attemptsTotal + 1 + options.index,
    };
  }

  private async load(owner: Owner, eventId: string): Promise<{ event: EventDetail; endpoint: EndpointConfig }> {
    const event = await this.dependencies.events.get(owner, eventId);
    const endpoint = await this.dependencies.directory.byId(event.endpointId);
    if (!endpoint) throw notFound('event');
    return { event, endpoint };
  }

  private async aimsOf(target: ReplayTarget, event: EventDetail, endpoint: EndpointConfig): Promise<Aim[]> {
    if ('environment' in target && target.environment === 'original') {
      const destinations = originalDestinations(endpoint, event);
      if (destinations.length === 0) throw noDestination('original');
      return this.originalAims(target, destinations);
    }
    const destination = endpoint.destinations.find((one) => one.handler === null);
    const url = await this.check(target, this.urlOf(target, destination?.url));
    return [{ url, destination, isOriginal: false, refused: null }];
  }

  /** @throws PaggioError `DESTINATION_NOT_ALLOWED` when none of the destinations may be reached */
  private async originalAims(target: ReplayTarget, destinations: readonly DestinationConfig[]): Promise<Aim[]> {
    const checks = await Promise.allSettled(destinations.map(({ url }) => this.check(target, url)));
    const problems = checks.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
    const fault = problems.find((one) => !(one instanceof PaggioError));
    if (fault !== undefined || problems.length === destinations.length) throw fault ?? problems[0];
    return destinations.map((destination, index): Aim => {
      const check = checks[index];
      const refused =
        check?.status === 'rejected' ? nothingSent('blocked_address', (check.reason as PaggioError).hint) : null;
      return { url: destination.url, destination, isOriginal: true, refused };
    });
  }

  private check(target: ReplayTarget, url: string): Promise<DestinationUrl> {
    const { guard, address } = this.dependencies;
    return checkDestinationUrl(url, fieldOf(target), guard, address.ownOrigins);
  }

  private urlOf(target: ReplayTarget, destination: string | undefined): string {
    const { localUrl, stagingHost } = this.dependencies;
    if ('destinationUrl' in target) return target.destinationUrl;
    if (target.environment === 'custom') {
      if (!target.customUrl) throw invalid([{ field: 'customUrl', message: 'environment "custom" needs customUrl.' }]);
      return target.customUrl;
    }
    if (target.environment === 'local') {
      const path = destination ? new URL(destination) : undefined;
      return `${localUrl}${path ? path.pathname + path.search : '/'}`;
    }
    if (!destination) throw noDestination(target.environment);
    if (!stagingHost) {
      const message = 'There is no staging host: the operator sets PAGGIO_STAGING_HOST (option stagingHost).';
      throw invalid([{ field: 'environment', message }]);
    }
    const url = new URL(destination);
    url.host = stagingHost;
    if (!stagingHost.includes(':')) url.port = '';
    return url.href;
  }
}

function noDestination(environment: Environment): PaggioError {
  const message = `The endpoint has no destination URL to take the ${environment} URL from.`;
  return invalid([{ field: 'environment', message }]);
}

function fieldOf(target: ReplayTarget): string {
  if ('destinationUrl' in target) return 'destination_url';
  return target.environment === 'custom' ? 'custom_url' : 'environment';
}

/**
 * Whether a body that goes to another host still contains a credential of the sender. A body that was signed again has
 * the new secret in its place, so any second value is an old one elsewhere in the body.
 */
function stillCarries(sent: Buffer, { body, credentials }: EventDetail, { verifier }: EndpointConfig): boolean {
  if (sent === body || credentials === null || credentials.spans.length === 0) return true;
  const found = findCredentials({ rawHeaders: [], query: '', body: sent }, verifier);
  return new Set(found?.spans.map(({ start, end }) => sent.toString('latin1', start, end))).size > 1;
}

/**
 * Refuses a body with a credential. The body is sent as it came or not at all, so the credential cannot be left out.
 */
function refuseCredentialsOf({ credentials }: EventDetail): void {
  if (credentials === null || credentials.spans.length === 0) return;
  const message =
    "The body contains the provider's secret. Set includeCredentials to send it to this host; that needs the scope resign.";
  throw invalid([{ field: 'includeCredentials', message }]);
}
