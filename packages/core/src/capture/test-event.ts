import { activeSecrets, sample, SigningProblem, type Sample, type Verifier } from '@paggio/providers';
import type { Audit } from '../audit/audit';
import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { EndpointDirectory } from '../endpoints/endpoint-directory';
import { invalid, notFound } from '../errors';
import { formatId, newId } from '../event-id';
import type { Actor } from '../principal';
import type { PublicAddress } from '../public-address';
import { encodeHeaders } from '../events/stored-headers';
import type { EventWriter } from './event-writer';
import { toWebhookRequest, type CaptureRequest, type Recognised } from './new-event';

export interface TestEventsDependencies {
  directory: EndpointDirectory;
  writer: EventWriter;
  audit: Pick<Audit, 'note'>;
  bodyLimit: number;
  address: Pick<PublicAddress, 'mountPath' | 'webhookBase'>;
}

const DEFAULT_TYPE = 'test.event';

/** Sends sample events, to see the whole path work before a provider sends anything. */
export class TestEvents {
  constructor(private readonly dependencies: TestEventsDependencies) {}

  /**
   * Makes an event like the provider's, signs it with the endpoint's own secret, verifies it like any other, and
   * delivers it as usual. If the provider signs with a private key of its own, the event is stored unverified. The
   * audit log records that it was sent. Returns its id.
   * @param eventType one of the provider's samples; any other makes a plain event of that type
   * @throws PaggioError `NOT_FOUND`; `VALIDATION_FAILED` when the verification lacks a setting that a signature contains
   */
  async send(owner: Actor, endpointId: string, eventType?: string): Promise<string> {
    const { audit, bodyLimit, directory, writer } = this.dependencies;
    const endpoint = await directory.ofOwner(owner, endpointId);
    if (!endpoint || endpoint.deleted) throw notFound('endpoint');
    const receivedAt = Date.now();
    const verifier = endpoint.verifier === 'broken' ? null : endpoint.verifier;
    const made =
      (verifier && sample(verifier.provider.name, eventType)) ??
      plain(eventType ?? DEFAULT_TYPE, receivedAt, verifier?.scheme.secretPath);
    const request = this.requestOf(endpoint, made, verifier, receivedAt);
    const verification = await verifier?.verify(toWebhookRequest(request, receivedAt, bodyLimit));
    const verified = verification?.ok === true;
    const known: Recognised = {
      id: newId(receivedAt),
      source: verifier?.provider.name ?? 'unknown',
      eventType: made.eventType,
      verifiedBy: verified ? (verifier?.provider.name ?? null) : null,
      bodyAuthenticated: verified && verification.bodyAuthenticated,
      correlationId: null,
      headers: encodeHeaders(request.rawHeaders),
      dedup: null,
    };
    const after = { event_id: formatId(known.id), event_type: known.eventType, verified };
    await audit.note(owner, { action: 'endpoint.tested', objectId: endpoint.id, before: null, after });
    return (await writer.write(endpoint, request, known)).eventId;
  }

  private requestOf(
    endpoint: EndpointConfig,
    made: Sample,
    verifier: Verifier | null,
    receivedAt: number,
  ): CaptureRequest {
    const request = {
      method: 'POST',
      path: `${this.dependencies.address.mountPath}/api/webhook/${endpoint.slug}`,
      query: '',
      rawHeaders: [
        ...made.rawHeaders,
        ...(made.rawHeaders.includes('User-Agent') ? [] : ['User-Agent', 'Paggio-Test']),
      ],
      body: made.body,
      remoteAddr: null,
    };
    const [secret] = verifier ? activeSecrets(verifier.config, receivedAt) : [];
    if (!verifier || secret === undefined || verifier.scheme.signingKeyProblem(secret) !== null) return request;
    try {
      const { config, scheme } = verifier;
      const { headers, body, query } = scheme.sign({
        ...request,
        secret,
        publicUrl: config.publicUrl ?? `${this.dependencies.address.webhookBase}/api/webhook/${endpoint.slug}`,
        timestamp: receivedAt,
        id: made.id,
        settings: config.settings,
      });
      return {
        ...request,
        rawHeaders: [...request.rawHeaders, ...headers.flat()],
        body: body ?? request.body,
        query: query ?? '',
      };
    } catch (error) {
      if (error instanceof SigningProblem) {
        throw invalid([{ field: `verification.${error.field}`, message: error.message }]);
      }
      // A plain body has no place for a signature that belongs in the body.
      return request;
    }
  }
}

/** @param place where `sign` puts the secret into the body */
function plain(eventType: string, now: number, place: readonly string[] = []): Sample {
  const body = {
    id: `test_${formatId(newId())}`,
    type: eventType,
    created_at: new Date(now).toISOString(),
    data: { message: 'A test event from Paggio.' },
  };
  return {
    eventType,
    rawHeaders: ['Content-Type', 'application/json'],
    id: body.id,
    body: Buffer.from(JSON.stringify(place.length === 0 ? body : withPlace(body, place))),
  };
}

/** Returns the object with an empty text at a path, which replaces whatever was in the way. */
function withPlace(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return '';
  const members = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const inner = Object.hasOwn(members, name) ? members[name] : undefined;
  // A name such as __proto__ becomes an ordinary member.
  return Object.fromEntries([...Object.entries(members), [name, withPlace(inner, rest)]]);
}
