import { createHash } from 'node:crypto';
import type { EndpointConfig, DestinationConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { newId } from '../event-id';
import type { Lock } from '../events/lock';
import type { Timing } from '../flow/timing';
import { attemptSpan, endSpan, traceParentOf } from '../telemetry/tracing';
import { MAX_HOPS, type Hops } from './hops';
import { outgoingHeaders } from './outgoing-headers';
import { storable } from './storable';
import { classify, holdMs, strainOf, type Outcome } from './outcome';
import type { TlsIdentity } from '../transport/tls-trust';
import type { Transport, TransportResult } from '../transport/transport';
import type { AttemptResult, DeliveryStore, EventContent, SettleReport, Work } from './work';

/**
 * How the work on a delivery ended. `finished` and `settled` were attempts: the result of `finished` is still to be
 * written, and that of `settled` has been written. The others end without an attempt on record: `lost` because another
 * process has taken the delivery over, `held` because something is paused or this process lacks the handler,
 * `postponed` because it needs a master key that this process lacks, and `cancelled` because there is nothing to
 * deliver any more.
 */
export type AttemptEnd =
  | { kind: 'finished'; result: AttemptResult; outcome: Outcome }
  | { kind: 'settled'; result: AttemptResult; outcome: Outcome; report: SettleReport }
  | { kind: 'lost' }
  | { kind: 'held' }
  | { kind: 'postponed' }
  | { kind: 'cancelled'; reason: string };

export interface AttemptDependencies {
  directory: EndpointDirectory;
  deliveryStore: Pick<DeliveryStore, 'load'>;
  transport: Transport;
  handlers: InProcess;
  hops: Hops;
  timing: Pick<Timing, 'retrySecondMs'>;
}

/** A delivery to a function of the app. */
export interface HandlerWork {
  work: Work;
  content: EventContent;
  endpoint: EndpointConfig;
  destination: DestinationConfig;
}

/** The functions of the app that are destinations. */
export interface InProcess {
  readonly names: readonly string[];
  has(name: string): boolean;
  attempt(input: HandlerWork): Promise<AttemptEnd>;
  /** Aborts the call that runs under this lease. */
  abort(leaseToken: string, reason: string): void;
}

/** A delivery fails after this many takeovers: an event that crashes its worker each time must not do so for ever. */
const MAX_TAKEOVERS = 10;

/** The error of an event that is not sent because its credentials cannot be opened. */
export function lockedResult(lock: Lock): TransportResult {
  return nothingSent('credentials_locked', LOCK_MESSAGES[lock]);
}

const LOCK_MESSAGES: Readonly<Record<Lock, string>> = {
  key_missing: 'the credentials of the event are encrypted under a master key that this process does not have',
  damaged: 'the stored credentials of the event are damaged or missing',
};

/** One try of a delivery: reads its configuration, loads, guards, signs, sends and classifies. */
export async function attempt(work: Work, dependencies: AttemptDependencies): Promise<AttemptEnd> {
  const configured = await configurationOf(work, dependencies.directory);
  if ('kind' in configured) return configured;
  const { url } = configured.destination;
  if (work.takeovers >= MAX_TAKEOVERS) {
    return refuse(
      work,
      url,
      'exhausted',
      'worker_lost',
      `its lease expired ${work.takeovers} times in a row: the process may crash during this delivery`,
    );
  }
  const content = work.content ?? (await dependencies.deliveryStore.load(work.eventId));
  if (!content) return { kind: 'cancelled', reason: 'cancelled' };
  if (content.locked === 'key_missing') return { kind: 'postponed' };
  if (content.locked) return refuse(work, url, 'refused', 'credentials_locked', LOCK_MESSAGES[content.locked]);
  const bodyHash = (): string => createHash('sha256').update(content.body).digest('hex');
  if (dependencies.hops.count(content.headers, bodyHash) >= MAX_HOPS) {
    return refuse(
      work,
      url,
      'refused',
      'loop_detected',
      `delivery loop: this gateway has already sent the event ${MAX_HOPS} times`,
    );
  }
  if (configured.destination.handler !== null) return dependencies.handlers.attempt({ work, content, ...configured });
  const number = work.attemptCount + 1;
  const result = await sendSafely(dependencies, {
    eventId: work.eventId,
    content,
    endpoint: configured.endpoint,
    url,
    custom: configured.destination.headers,
    identity: configured.destination.tls,
    timeoutMs: configured.destination.timeoutMs,
    attemptNumber: number,
  });
  const outcome = classify(result, number, configured.destination.retry, Date.now(), dependencies.timing.retrySecondMs);
  return { kind: 'finished', outcome, result: attemptResult(work, url, result, outcome) };
}

/** Ends a delivery with an attempt on record that says why nothing was sent. */
function refuse(
  work: Work,
  url: string,
  statusReason: 'exhausted' | 'refused',
  code: string,
  message: string,
): AttemptEnd {
  const outcome: Outcome = { kind: 'give_up', statusReason, reason: message };
  const result = attemptResult(work, url, nothingSent(code, message), outcome);
  return { kind: 'finished', outcome, result: { ...result, strain: 'none' } };
}

export function nothingSent(code: string, message: string): TransportResult {
  return {
    status: null,
    headers: {},
    body: Buffer.alloc(0),
    truncated: false,
    latencyMs: 0,
    error: { code, message },
  };
}

/** An error in the steps themselves counts as a failed attempt, so that such an event runs out of attempts too. */
async function sendSafely(way: WayOut, input: SendInput): Promise<TransportResult> {
  try {
    return await sendEvent(way, input);
  } catch (error) {
    return nothingSent('request_not_sendable', error instanceof Error ? error.message : String(error));
  }
}

/** Reads the current configuration, so that a change takes effect on the next attempt. */
async function configurationOf(
  work: Work,
  directory: EndpointDirectory,
): Promise<{ endpoint: EndpointConfig; destination: DestinationConfig } | AttemptEnd> {
  const endpoint = await directory.byId(work.endpointId);
  if (!endpoint || endpoint.deleted) return { kind: 'cancelled', reason: 'endpoint_deleted' };
  const destination = endpoint.destinations.find((one) => one.id === work.destinationId);
  if (!destination) return { kind: 'cancelled', reason: 'cancelled' };
  return endpoint.paused || destination.paused ? { kind: 'held' } : { endpoint, destination };
}

export interface SendInput {
  eventId: string;
  content: EventContent;
  endpoint: EndpointConfig;
  url: string;
  custom: readonly [string, string][];
  /** The TLS settings of the destination. `null` if it has none, or if the request goes to another host. */
  identity: TlsIdentity | null;
  timeoutMs: number;
  attemptNumber: number;
}

/** What it takes to send an event. */
export type WayOut = Pick<AttemptDependencies, 'transport' | 'hops'>;

/** Signs and sends an event's bytes to a URL. */
export async function sendEvent(way: WayOut, input: SendInput): Promise<TransportResult> {
  const span = attemptSpan(input.content.traceParent, {
    'paggio.event_id': input.eventId,
    'paggio.endpoint_id': input.endpoint.id,
    'paggio.attempt': input.attemptNumber,
  });
  try {
    const result = await send(way, input, traceParentOf(span));
    endSpan(span, {
      error: result.error?.code ?? null,
      attributes: result.status === null ? {} : { 'http.response.status_code': result.status },
    });
    return result;
  } catch (error) {
    endSpan(span, { error: 'request_not_sendable' });
    throw error;
  }
}

function send({ transport, hops }: WayOut, input: SendInput, traceParent: string | null): Promise<TransportResult> {
  const url = new URL(input.url);
  const headers = outgoingHeaders({
    raw: input.content.headers,
    body: input.content.body,
    endpoint: input.endpoint,
    custom: input.custom,
    eventId: input.eventId,
    originId: input.content.originId,
    verifiedBy: input.content.verifiedBy,
    correlationId: input.content.correlationId,
    attemptNumber: input.attemptNumber,
    nowMs: Date.now(),
    traceParent,
    hops,
  });
  const target = withQuery(url, input.content.query);
  // failpoint: attempt.sending
  return transport.send({
    method: input.content.method,
    origin: url.origin,
    target,
    headers,
    body: input.content.body,
    identity: input.identity,
    timeoutMs: input.timeoutMs,
  });
}

/** Appends the request's query to the destination's own, byte for byte (a URL object would re-encode it). */
export function withQuery(url: URL, query: string): string {
  const own = url.pathname + url.search;
  if (query === '') return own;
  return `${own}${url.search === '' ? '?' : '&'}${query}`;
}

/** Makes the result of an attempt, ready to be settled. */
export function attemptResult(work: Work, url: string, result: TransportResult, outcome: Outcome): AttemptResult {
  return {
    work,
    attemptId: newId(),
    url,
    state: outcome.kind === 'delivered' ? 'delivered' : outcome.kind === 'retry' ? 'pending' : 'failed',
    statusReason: outcome.kind === 'give_up' ? outcome.statusReason : outcome.kind === 'pause' ? 'refused' : null,
    retryInMs: outcome.kind === 'retry' ? outcome.delayMs : null,
    nextReason: outcome.kind === 'retry' ? storable(outcome.nextReason) : null,
    responseStatus: result.status,
    responseHeaders: result.headers,
    responseBody: result.body,
    responseTruncated: result.truncated,
    latencyMs: result.latencyMs,
    error: result.error ? storable(`${result.error.code}: ${result.error.message}`) : null,
    reason: storable(outcome.reason),
    strain: strainOf(result),
    holdMs: holdMs(result, Date.now()),
    pauseReason: outcome.kind === 'pause' ? outcome.pauseReason : null,
    // The worker sets it, because it knows the lane.
    isUrgent: false,
  };
}
