import { createHash, hash } from 'node:crypto';
import {
  detect,
  eventTypeOf,
  forgetInflated,
  type Acknowledgement,
  type Explanation,
  type FailureReason,
  type Provider,
  type Verification,
  type Verifier,
  type WebhookRequest,
} from '@paggio/providers';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { PaggioError, unavailable } from '../errors';
import { newId } from '../event-id';
import type { CaptureRefusal, Telemetry, TelemetryEvent } from '../telemetry/telemetry';
import type { Timing } from '../flow/timing';
import { answerType } from '../endpoints/answer-type';
import type { CaptureLimits } from './capture-limits';
import { findCredentials } from '../events/credentials';
import { EVENT_OVERHEAD_BYTES, sizeOf } from '../events/event-size';
import { encodeHeaders } from '../events/stored-headers';
import type { EventWriter } from './event-writer';
import type { Handshakes } from './handshakes';
import { toWebhookRequest, type CaptureRequest, type Dedup, type Recognised } from './new-event';
import type { RefusalTally } from './refusal-tally';
import type { Findings, RejectionLog, RejectionThrottle } from '../rejections/rejection';
import type { StorageQuota } from '../usage/storage-quota';

/** The response to the sender. */
export interface CaptureAnswer {
  status: number;
  /** One of the types that `isAnswerType` allows; null for an empty body. */
  contentType: string | null;
  body: string;
  headers: readonly (readonly [string, string])[];
}

/** Receives what became of a request, once. Neither function may throw. */
export interface CaptureSink {
  answered(answer: CaptureAnswer): void;
  refused(error: unknown): void;
}

export interface CaptureDependencies {
  directory: EndpointDirectory;
  limits: CaptureLimits;
  quota: StorageQuota;
  refusals: RefusalTally;
  writer: EventWriter;
  rejections: RejectionLog;
  throttle: RejectionThrottle;
  handshakes: Handshakes;
  /** The most bytes of a body, both as received and unpacked. */
  bodyLimit: number;
  /** Says why a signature failed; null if that is unknown. */
  explain: (endpoint: EndpointConfig, request: WebhookRequest) => Promise<Explanation | null>;
  telemetry: Telemetry;
  timing: Timing;
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])?$/;
/** A larger body is explained only when somebody asks, not while requests come in. */
const EXPLAINED_BYTES = 64 * 1024;
const RECEIVED = '{"received": true}';

type RejectedEvent = Extract<TelemetryEvent, { type: 'event.rejected' }>;

/** A request arrives: route by slug, verify, de-duplicate, commit, acknowledge. */
export class Capture {
  constructor(private readonly dependencies: CaptureDependencies) {}

  /**
   * Finds the endpoint of a slug and checks method, limits and quota, before the body is read. Returns no promise when
   * the endpoint is in memory.
   * @param sender address that the request came from; null if unknown
   * @param announced size of its body in bytes, as far as its headers say
   * @throws PaggioError `NOT_FOUND`, `GONE` when it was deleted, `METHOD_NOT_ALLOWED` when it accepts only other
   *   methods, `RATE_LIMITED`, or `UNAVAILABLE` when the database does not answer in time
   */
  route(
    slug: string,
    method: string,
    sender: string | null = null,
    announced = 0,
  ): EndpointConfig | Promise<EndpointConfig> {
    if (!SLUG.test(slug)) throw noSuchEndpoint();
    const known = this.dependencies.directory.peek(slug);
    return known === undefined
      ? this.lookUp(slug, method, sender, announced)
      : this.admit(known, method, sender, announced);
  }

  private async lookUp(
    slug: string,
    method: string,
    sender: string | null,
    announced: number,
  ): Promise<EndpointConfig> {
    const { directory, limits } = this.dependencies;
    const { lookUpMs } = this.dependencies.timing;
    if (directory.remembers(slug))
      return this.admit(await inTime(directory.bySlug(slug), lookUpMs), method, sender, announced);
    const refusal = limits.takeUnknown(sender);
    if (refusal) throw this.refuse('unknown_url', null, refusal);
    const endpoint = await inTime(directory.bySlug(slug), lookUpMs);
    if (endpoint) limits.giveBackUnknown(sender);
    return this.admit(endpoint, method, sender, announced);
  }

  private admit(
    found: EndpointConfig | null,
    method: string,
    sender: string | null,
    announced: number,
  ): EndpointConfig {
    const endpoint = requireAccepting(found, method);
    const { limits, quota } = this.dependencies;
    const refusal = limits.take(endpoint, sender);
    if (refusal) throw this.refuse('rate', endpoint.id, refusal);
    // The event will need at least this much space, so a body that finds no room is not read.
    const full = quota.refuses(endpoint, announced + EVENT_OVERHEAD_BYTES, endpoint.verifier !== null);
    if (full) throw this.refuse('quota', endpoint.id, full);
    return endpoint;
  }

  private refuse(reason: CaptureRefusal, endpointId: string | null, refusal: PaggioError): PaggioError {
    this.dependencies.refusals.add(reason, endpointId);
    return refusal;
  }

  /**
   * Takes a request in. Resolves after the commit, or with the answer to a handshake.
   * @throws PaggioError `METHOD_NOT_ALLOWED`, `INVALID_SIGNATURE`, `RATE_LIMITED` when it would exceed a storage quota,
   *   or `UNAVAILABLE` when it could not be verified or stored: nothing was acknowledged
   */
  receive(endpoint: EndpointConfig, request: CaptureRequest): Promise<CaptureAnswer> {
    return new Promise((answered, refused) => this.submit(endpoint, request, { answered, refused }));
  }

  /**
   * Like `receive`, without promises as far as nothing has to be fetched, because this runs for every webhook.
   * @param sink receives what became of the request
   * @throws PaggioError only `VALIDATION_FAILED`, for arguments that are not what they should be
   */
  submit(endpoint: EndpointConfig, request: CaptureRequest, sink: CaptureSink): void {
    try {
      const incoming = toWebhookRequest(request, Date.now(), this.dependencies.bodyLimit);
      const { verifier } = endpoint;
      if (verifier === null || verifier === 'broken') {
        if (!takesIn(endpoint, request.method)) throw methodNotAllowed(endpoint);
        return verifier === null
          ? this.store(endpoint, request, incoming, detect(incoming.headers), null, sink)
          : answerLater(this.reject(endpoint, request, incoming, null, 'no_secret'), sink);
      }
      const verification = verifier.verify(incoming);
      if (!(verification instanceof Promise)) this.judge(endpoint, request, incoming, verifier, verification, sink);
      else
        verification
          .then((fetched) => this.judge(endpoint, request, incoming, verifier, fetched, sink))
          .catch((error: unknown) => sink.refused(error));
    } catch (error) {
      sink.refused(error);
    }
  }

  private judge(
    endpoint: EndpointConfig,
    request: CaptureRequest,
    incoming: WebhookRequest,
    verifier: Verifier,
    verification: Verification,
    sink: CaptureSink,
  ): void {
    const handshake = verifier.handshake(incoming, verification);
    if (!handshake) return this.takeIn(endpoint, request, incoming, verifier, verification, sink);
    this.dependencies.handshakes
      .fulfil(endpoint, handshake)
      .then((isFulfilled) => {
        if (isFulfilled) sink.answered(answer(handshake, handshake.headers));
        else this.takeIn(endpoint, request, incoming, verifier, verification, sink);
      })
      .catch((error: unknown) => sink.refused(error));
  }

  private takeIn(
    endpoint: EndpointConfig,
    request: CaptureRequest,
    incoming: WebhookRequest,
    { provider }: Verifier,
    verification: Verification,
    sink: CaptureSink,
  ): void {
    // A handshake may use the method that its provider prefers. Anything else has to use a method of the endpoint.
    if (!takesIn(endpoint, request.method)) throw methodNotAllowed(endpoint);
    if (!verification.ok) {
      if (verification.reason === 'key_unavailable')
        throw unavailable(`The key that ${provider.title} signs with could not be fetched`);
      return answerLater(this.reject(endpoint, request, incoming, provider, verification.reason), sink);
    }
    this.dependencies.limits.noteVerified(endpoint.id, request.remoteAddr);
    this.store(endpoint, request, incoming, provider, verification, sink);
  }

  private store(
    endpoint: EndpointConfig,
    request: CaptureRequest,
    incoming: WebhookRequest,
    provider: Provider | undefined,
    verified: (Verification & { ok: true }) | null,
    sink: CaptureSink,
  ): void {
    const headers = encodeHeaders(request.rawHeaders);
    const full = this.dependencies.quota.refuses(endpoint, sizeOf(request, headers), verified !== null);
    if (full) throw this.refuse('quota', endpoint.id, full);
    const known: Recognised = {
      id: newId(incoming.receivedAt),
      source: provider?.name ?? 'unknown',
      eventType: eventTypeOf(incoming, provider),
      verifiedBy: verified && provider ? provider.name : null,
      bodyAuthenticated: verified?.bodyAuthenticated ?? false,
      correlationId: null,
      headers,
      dedup: verified ? dedupOf(incoming, verified, provider as Provider) : null,
    };
    // Many requests may wait for the database at once, and no memory limit counts their unpacked bodies.
    forgetInflated(incoming);
    const acknowledgement = endpoint.acknowledgement ?? provider?.acknowledgement ?? null;
    this.dependencies.writer.submit(endpoint, request, known, {
      accepted: (accepted) => sink.answered(acknowledge(acknowledgement, accepted)),
      failed: (error) => sink.refused(error),
    });
  }

  private async reject(
    endpoint: EndpointConfig,
    request: CaptureRequest,
    incoming: WebhookRequest,
    provider: Provider | null,
    reason: FailureReason,
  ): Promise<CaptureAnswer> {
    let id: string | null = null;
    let findings: Findings | null = null;
    const { receivedAt } = incoming;
    const { body } = request;
    const kept = this.dependencies.throttle.admits(endpoint.id, body.length, performance.now());
    if (kept !== null) {
      if (kept < body.length && this.dependencies.throttle.admitsExplanation())
        findings = await this.explain(endpoint, incoming);
      forgetInflated(incoming);
      const stored = kept < body.length ? { ...request, body: body.subarray(0, kept) } : request;
      try {
        id = await this.dependencies.rejections.keep({
          endpointId: endpoint.id,
          userId: endpoint.userId,
          mode: endpoint.mode,
          provider: provider?.name ?? 'unknown',
          reason,
          method: request.method,
          path: request.path,
          query: request.query,
          rawHeaders: request.rawHeaders,
          body: stored.body,
          size: body.length,
          findings,
          // Positions in the stored part. A credential that was cut through ends there, so all that is left of it is
          // sealed.
          credentials: findCredentials(stored, endpoint.verifier),
          remoteAddr: request.remoteAddr,
          receivedAt,
        });
      } catch (error) {
        // The request is refused even without a record. Too many rejections at once are expected, not a fault.
        if (!(error instanceof PaggioError)) this.fault('capture.reject', error);
      }
    }
    void this.reportRejection(endpoint, incoming, {
      type: 'event.rejected',
      rejectionId: id,
      endpointId: endpoint.id,
      endpointName: endpoint.name,
      provider: provider?.name ?? 'unknown',
      reason,
      explanation: findings && firstOf(findings),
      size: body.length,
    });
    const headers: [string, string][] = id === null ? [] : [['Paggio-Rejection-Id', id]];
    if (provider?.refusal) return answer(provider.refusal, headers);
    throw new PaggioError('INVALID_SIGNATURE', 'The signature of this request is not valid', {
      hint: `Reason: ${reason}. GET /api/v1/rejections/${id ?? ':id'}/verification says what would have matched.`,
      headers,
    });
  }

  /**
   * Reports a rejection, with an explanation of what would have made the request valid. The response to the sender
   * neither waits for the explanation nor contains it: it is for the owner. In a flood no explanation is looked for.
   */
  private async reportRejection(
    endpoint: EndpointConfig,
    request: WebhookRequest,
    event: RejectedEvent,
  ): Promise<void> {
    const { telemetry } = this.dependencies;
    if (!telemetry.watched) return;
    if (event.explanation !== null || event.rejectionId === null || request.body.length > EXPLAINED_BYTES)
      return telemetry.emit(event);
    const findings = await this.explain(endpoint, request);
    telemetry.emit({ ...event, explanation: findings && firstOf(findings) });
  }

  /** Never rejects. */
  private async explain(endpoint: EndpointConfig, request: WebhookRequest): Promise<Findings | null> {
    try {
      const explained = await this.dependencies.explain(endpoint, request);
      return explained && { matches: explained.matches, hints: explained.hints };
    } catch (error) {
      this.fault('capture.explain', error);
      return null;
    }
  }

  private fault(where: string, error: unknown): void {
    this.dependencies.telemetry.emit({ type: 'fault', where, error });
  }
}

function answerLater(answer: Promise<CaptureAnswer>, sink: CaptureSink): void {
  void answer.then(
    (given) => sink.answered(given),
    (error: unknown) => sink.refused(error),
  );
}

function firstOf({ matches, hints }: Findings): string | null {
  return (matches[0] ?? hints[0])?.message ?? null;
}

/** @throws PaggioError `UNAVAILABLE` */
async function inTime<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_done, fail) => {
    timer = setTimeout(() => fail(unavailable('The database did not answer in time')), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function requireAccepting(endpoint: EndpointConfig | null, method: string): EndpointConfig {
  if (!endpoint) throw noSuchEndpoint();
  if (endpoint.deleted)
    throw new PaggioError('GONE', 'This endpoint was deleted', { hint: 'Remove the webhook at the sender.' });
  if (!takesIn(endpoint, method) && !asksHandshakes(endpoint, method)) throw methodNotAllowed(endpoint);
  return endpoint;
}

function takesIn({ methods }: EndpointConfig, method: string): boolean {
  return methods === null || methods.includes(method);
}

function asksHandshakes({ verifier }: EndpointConfig, method: string): boolean {
  return verifier !== null && verifier !== 'broken' && verifier.provider.handshakeMethods.includes(method);
}

function methodNotAllowed({ methods }: EndpointConfig): PaggioError {
  const allowed = (methods ?? []).join(', ');
  return new PaggioError('METHOD_NOT_ALLOWED', 'This endpoint does not accept this method', {
    hint: `Send ${allowed}, or add the method to the endpoint's methods.`,
    headers: [['Allow', allowed]],
  });
}

function noSuchEndpoint(): PaggioError {
  return new PaggioError('NOT_FOUND', 'There is no endpoint at this URL', {
    hint: "Compare the URL with the endpoint's webhook_url.",
  });
}

/**
 * Returns what repetitions of the same event have in common: the provider's own id or, without one, the signature of
 * the request, if it covers a timestamp. Providers with neither send identical requests by design, so those are never
 * duplicates.
 */
function dedupOf(request: WebhookRequest, verified: Verification & { ok: true }, provider: Provider): Dedup | null {
  const { body } = request;
  const id = provider.deliveryId(request);
  let key: Buffer;
  if (id !== null) key = sha256(`id:${id}`);
  else if (verified.coversTimestamp) key = createHash('sha256').update(`proof:${verified.proof}`).update(body).digest();
  else return null;
  return { key, sha256: sha256(body), onKeyConflict: 'store' };
}

function sha256(data: string | Buffer): Buffer {
  return hash('sha256', data, 'buffer');
}

function acknowledge(own: Acknowledgement | null, accepted: { eventId: string; duplicate: boolean }): CaptureAnswer {
  const headers: [string, string][] = [['Paggio-Event-Id', accepted.eventId]];
  if (accepted.duplicate) headers.push(['Paggio-Duplicate', 'true']);
  if (own) return answer(own, headers);
  return { status: 200, contentType: 'application/json', body: RECEIVED, headers };
}

function answer({ status, contentType, body }: Acknowledgement, headers: CaptureAnswer['headers']): CaptureAnswer {
  return { status, contentType: answerType(contentType, body), body, headers };
}
