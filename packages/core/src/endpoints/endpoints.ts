import { randomBytes } from 'node:crypto';
import type { AddressGuard } from '../delivery/address-guard';
import { checkDestinationUrl } from '../delivery/destination-url';
import { defaultRetryPolicy, parseRetryPolicy, type RetryPolicy } from '../delivery/retry-policy';
import { invalid, notFound, type ErrorDetail } from '../errors';
import { formatId, newId } from '../event-id';
import type { Page, Paging } from '../page';
import type { Owner } from '../principal';
import type { DestinationRow } from '../storage/entities/destination';
import type { EndpointRow } from '../storage/entities/endpoint';
import { headersPlace, openVerification, sealVerification, secretPlace } from '../storage/endpoint-secrets';
import type { EndpointStore, StoredEndpoint } from '../storage/endpoint-store';
import type { SecretBox } from '../storage/secret-box';
import {
  healthOf,
  type AcknowledgementSetting,
  type Endpoint,
  type EndpointChange,
  type EndpointInput,
} from './endpoint';
import { headerProblems, verificationConfig } from './endpoint-settings';
import { createSlug } from './slug';

export interface EndpointsDependencies {
  store: EndpointStore;
  box: SecretBox;
  guard: AddressGuard;
  /** Base of webhook URLs, with the mount path. */
  webhookBase: () => string;
  ownOrigins: () => ReadonlySet<string>;
  /** A change was committed under this configuration version. */
  changed: (version: number) => void;
}

/** Create, read, change and delete endpoints. Every object belongs to its owner; anybody else's does not exist. */
export class Endpoints {
  constructor(private readonly dependencies: EndpointsDependencies) {}

  /** The only answer besides rotation that contains the secret. */
  async create(owner: Owner, input: EndpointInput): Promise<{ endpoint: Endpoint; secret: string }> {
    const { box, store } = this.dependencies;
    const id = formatId(newId());
    const now = new Date();
    const settings = this.settings(input, owner.userId, id, null);
    const url = await this.destinationUrl(input.destinationUrl);
    const secret = input.secret ?? `whsec_${randomBytes(32).toString('base64')}`;
    const row: EndpointRow = {
      id,
      userId: owner.userId,
      mode: owner.mode,
      name: input.name,
      slug: createSlug(input.name),
      description: null,
      secret: box.seal(secret, secretPlace(owner.userId, id)),
      previousSecret: null,
      previousSecretExpiresAt: null,
      eventTypes: [],
      headers: null,
      timeoutSeconds: 10,
      retry: defaultRetryPolicy,
      concurrency: 8,
      rateLimit: null,
      orderBy: null,
      acknowledgement: null,
      verification: null,
      status: 'ACTIVE',
      pausedAt: null,
      pauseReason: null,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      ...settings,
    };
    this.dependencies.changed(await store.insert(row, url === null ? [] : [defaultDestination(id, url, now)]));
    return { endpoint: await this.get(owner, id), secret };
  }

  async get(owner: Owner, id: string): Promise<Endpoint> {
    const stored = await this.dependencies.store.find(owner, id);
    if (!stored) throw notFound('endpoint');
    return (await this.toEndpoints([stored]))[0] as Endpoint;
  }

  async list(owner: Owner, paging: Paging): Promise<Page<Endpoint>> {
    const page = await this.dependencies.store.list(owner, paging);
    return { ...page, items: await this.toEndpoints(page.items) };
  }

  /** Changes what is given and nothing else. Takes effect on the very next request and attempt. */
  async update(owner: Owner, id: string, input: EndpointChange): Promise<Endpoint> {
    const url = input.destinationUrl === undefined ? undefined : await this.destinationUrl(input.destinationUrl);
    const version = await this.dependencies.store.update(owner, id, async (stored) => {
      const now = new Date();
      const endpoint: Partial<EndpointRow> = {
        ...this.settings(input, owner.userId, id, stored.endpoint),
        updatedAt: now,
      };
      if (input.status === 'PAUSED' && stored.endpoint.status === 'ACTIVE') {
        Object.assign(endpoint, { status: 'PAUSED', pausedAt: now, pauseReason: 'manual' });
      } else if (input.status === 'ACTIVE')
        Object.assign(endpoint, { status: 'ACTIVE', pausedAt: null, pauseReason: null });
      if (url === undefined) return { endpoint };
      const first = stored.destinations[0];
      if (url !== null) {
        return first
          ? { endpoint, changeDestination: { id: first.id, url, updatedAt: now } }
          : { endpoint, addDestination: defaultDestination(id, url, now) };
      }
      return first ? { endpoint, changeDestination: { id: first.id, deletedAt: now, updatedAt: now } } : { endpoint };
    });
    if (version === null) throw notFound('endpoint');
    this.dependencies.changed(version);
    return this.get(owner, id);
  }

  /** Events stay readable; what is pending is cancelled and says so. */
  async delete(owner: Owner, id: string): Promise<void> {
    const version = await this.dependencies.store.update(owner, id, async () => ({
      endpoint: { deletedAt: new Date() },
    }));
    if (version === null) throw notFound('endpoint');
    this.dependencies.changed(version);
    await this.dependencies.store.cancelPending(id, 'endpoint_deleted');
  }

  private async destinationUrl(text: string | null | undefined): Promise<string | null> {
    if (text === null || text === undefined || text === '') return null;
    return checkDestinationUrl(text, 'destination_url', this.dependencies.guard, this.dependencies.ownOrigins());
  }

  private settings(
    input: EndpointChange,
    userId: string,
    id: string,
    stored: EndpointRow | null,
  ): Partial<EndpointRow> {
    const { box } = this.dependencies;
    const problems: ErrorDetail[] = [];
    const row: Partial<EndpointRow> = {};
    const set = <K extends keyof EndpointRow>(key: K, value: EndpointRow[K] | undefined): void => {
      if (value !== undefined) row[key] = value;
    };
    set('name', input.name);
    set('description', input.description);
    set('eventTypes', input.eventTypes);
    set('timeoutSeconds', input.timeoutSeconds);
    set('concurrency', input.concurrency);
    set('rateLimit', input.rateLimit);
    set('orderBy', input.orderBy);
    set('acknowledgement', input.acknowledgement);
    if (input.headers !== undefined) {
      problems.push(...headerProblems(input.headers));
      set(
        'headers',
        Object.keys(input.headers).length === 0
          ? null
          : box.seal(JSON.stringify(input.headers), headersPlace(userId, id)),
      );
    }
    if (input.retry !== undefined) {
      const policy = input.retry === null ? defaultRetryPolicy : parseRetryPolicy(input.retry);
      if (Array.isArray(policy)) problems.push(...policy);
      else set('retry', policy);
    }
    if (input.verification === null) set('verification', null);
    else if (input.verification !== undefined) {
      const before = stored?.verification ? openVerification(box, stored.verification, userId, id) : null;
      const config = verificationConfig(input.verification, before);
      if (Array.isArray(config)) problems.push(...config);
      else set('verification', sealVerification(box, config, userId, id));
    }
    if (problems.length > 0) throw invalid(problems);
    return row;
  }

  private async toEndpoints(stored: readonly StoredEndpoint[]): Promise<Endpoint[]> {
    const counts = await this.dependencies.store.healthCounts(stored.map(({ endpoint }) => endpoint.id));
    return stored.map(({ endpoint, destinations }) => {
      const count = counts.get(endpoint.id);
      return {
        id: endpoint.id,
        userId: endpoint.userId,
        mode: endpoint.mode,
        name: endpoint.name,
        slug: endpoint.slug,
        webhookUrl: `${this.dependencies.webhookBase()}/api/webhook/${endpoint.slug}`,
        description: endpoint.description,
        destinations: destinations.map((destination) => ({
          id: destination.id,
          name: destination.name,
          url: destination.url,
          eventTypes: destination.eventTypes,
          headers: this.openHeaders(destination.headers, endpoint.userId, destination.id),
          timeoutSeconds: destination.timeoutSeconds ?? endpoint.timeoutSeconds,
          retry: destination.retry as RetryPolicy | null,
          status: destination.status,
        })),
        eventTypes: endpoint.eventTypes,
        headers: this.openHeaders(endpoint.headers, endpoint.userId, endpoint.id),
        timeoutSeconds: endpoint.timeoutSeconds,
        retry: endpoint.retry as RetryPolicy,
        concurrency: endpoint.concurrency,
        rateLimit: endpoint.rateLimit,
        orderBy: endpoint.orderBy,
        acknowledgement: endpoint.acknowledgement as AcknowledgementSetting | null,
        verification: this.toVerification(endpoint),
        status: endpoint.status,
        pausedAt: endpoint.pausedAt,
        pauseReason: endpoint.pauseReason,
        health: healthOf(count?.delivered ?? 0, count?.failed ?? 0),
        createdAt: endpoint.createdAt,
        updatedAt: endpoint.updatedAt,
      };
    });
  }

  private openHeaders(sealed: string | null, userId: string, id: string): Record<string, string> {
    return sealed === null
      ? {}
      : (JSON.parse(this.dependencies.box.open(sealed, headersPlace(userId, id))) as Record<string, string>);
  }

  private toVerification(row: EndpointRow): Endpoint['verification'] {
    if (row.verification === null) return null;
    const config = openVerification(this.dependencies.box, row.verification, row.userId, row.id);
    return {
      provider: config.provider,
      scheme: config.scheme,
      secretsCount: config.secrets.length,
      secretsLastFour: config.secrets.map((secret) => (secret.value.length >= 12 ? secret.value.slice(-4) : '****')),
      publicUrl: config.publicUrl,
      settings: config.settings,
    };
  }
}

function defaultDestination(endpointId: string, url: string, now: Date): DestinationRow {
  return {
    id: formatId(newId()),
    endpointId,
    name: 'default',
    url,
    eventTypes: [],
    headers: null,
    timeoutSeconds: null,
    retry: null,
    status: 'ACTIVE',
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
}
