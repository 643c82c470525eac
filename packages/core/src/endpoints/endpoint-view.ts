import { fromStoredAcknowledgement, fromStoredRetry } from './stored-settings';
import { destinationRevision, endpointRevision } from './revision';
import type { DestinationRow } from '../storage/entities/destination';
import type { EndpointRow } from '../storage/entities/endpoint';
import { headersPlace, openTls, openVerification } from './endpoint-secrets';
import type { EndpointStore, StoredEndpoint } from './endpoint-store';
import type { PublicAddress } from '../public-address';
import type { SecretBox } from '../secrets/secret-box';
import { showTls } from './destination-tls';
import { isPausedByItself } from './destination-plan';
import { failingSinceOf, healthOf } from './health';
import type { Circuit, Destination, Endpoint } from './endpoint';

/** Shows rows to their owner: decrypted, with health and circuit worked out, and without secrets. */
export class EndpointView {
  constructor(
    private readonly store: Pick<EndpointStore, 'healthCounts'>,
    private readonly box: SecretBox,
    private readonly address: Pick<PublicAddress, 'webhookBase'>,
  ) {}

  async show(stored: readonly StoredEndpoint[]): Promise<Endpoint[]> {
    const counts = await this.store.healthCounts(stored.map(({ endpoint }) => endpoint.id));
    const nowMs = Date.now();
    return stored.map(({ endpoint, destinations: rows }) => {
      const destinations = rows.map((row) => this.toDestination(endpoint, row, nowMs));
      const ended = counts.get(endpoint.id) ?? { delivered: 0, failed: 0 };
      const paused = pauseOf(endpoint, rows);
      return {
        id: endpoint.id,
        userId: endpoint.userId,
        mode: endpoint.mode,
        name: endpoint.name,
        slug: endpoint.slug,
        webhookUrl: `${this.address.webhookBase}/api/webhook/${endpoint.slug}`,
        description: endpoint.description,
        destinations,
        eventTypes: endpoint.eventTypes,
        headers: this.openHeaders(endpoint.headers, endpoint.userId, endpoint.id),
        timeoutSeconds: endpoint.timeoutSeconds,
        retry: fromStoredRetry(endpoint.retry),
        concurrency: endpoint.concurrency,
        rateLimit: endpoint.rateLimit,
        orderBy: endpoint.orderBy,
        acknowledgement: endpoint.acknowledgement && fromStoredAcknowledgement(endpoint.acknowledgement),
        verification: this.toVerification(endpoint),
        methods: endpoint.methods,
        forwardIdentityHeaders: endpoint.forwardIdentityHeaders,
        status: paused ? 'PAUSED' : 'ACTIVE',
        pausedAt: paused?.pausedAt ?? null,
        pauseReason: paused?.pauseReason ?? null,
        health: healthOf(ended, destinations),
        createdAt: endpoint.createdAt,
        updatedAt: endpoint.updatedAt,
        revision: endpointRevision(endpoint, rows),
      };
    });
  }

  private toDestination(endpoint: EndpointRow, row: DestinationRow, nowMs: number): Destination {
    return {
      id: row.id,
      name: row.name,
      url: row.url,
      handler: row.handler,
      eventTypes: row.eventTypes,
      headers: this.openHeaders(row.headers, endpoint.userId, row.id),
      tls: row.tls === null ? null : showTls(openTls(this.box, row.tls, endpoint.userId, row.id)),
      timeoutSeconds: row.timeoutSeconds ?? endpoint.timeoutSeconds,
      retry: row.retry && fromStoredRetry(row.retry),
      status: row.status,
      pausedAt: row.pausedAt,
      pauseReason: row.pauseReason,
      circuit: circuitOf(row),
      failingSince: failingSinceOf(row, nowMs),
      revision: destinationRevision(endpoint, row),
    };
  }

  private openHeaders(sealed: string | null, userId: string, id: string): Record<string, string> {
    return sealed === null
      ? {}
      : (JSON.parse(this.box.open(sealed, headersPlace(userId, id))) as Record<string, string>);
  }

  private toVerification(row: EndpointRow): Endpoint['verification'] {
    if (row.verification === null) return null;
    const config = openVerification(this.box, row.verification, row.userId, row.id);
    return {
      provider: config.provider,
      scheme: config.scheme,
      secretsCount: config.secrets.length,
      secretsLastFour: config.secrets.map((secret) => lastFour(secret.value)),
      publicUrl: config.publicUrl,
      settings: config.settings,
      replaySecretsLastFour: Object.fromEntries(
        Object.entries(config.replaySecrets ?? {}).map(([environment, secret]) => [environment, lastFour(secret)]),
      ),
    };
  }
}

/** The last four characters, or `****`. A short secret would lose too much of itself, and all PEM keys end alike. */
function lastFour(secret: string): string {
  return secret.length >= 12 && !secret.startsWith('-----') ? secret.slice(-4) : '****';
}

/** An endpoint counts as paused when it was paused itself, or when Paggio has paused every destination it has. */
function pauseOf(
  endpoint: EndpointRow,
  destinations: readonly DestinationRow[],
): Pick<DestinationRow, 'pausedAt' | 'pauseReason'> | undefined {
  if (endpoint.status === 'PAUSED') return endpoint;
  return destinations.length > 0 && destinations.every(isPausedByItself) ? destinations[0] : undefined;
}

function circuitOf(row: DestinationRow): Circuit {
  if (row.openUntil === null) return { state: 'closed', retryAt: null };
  // During a probe, `openUntil` is only the time after which another probe may follow, so it is not shown.
  if (row.probeEventId !== null) return { state: 'half_open', retryAt: null };
  return { state: 'open', retryAt: row.openUntil };
}
