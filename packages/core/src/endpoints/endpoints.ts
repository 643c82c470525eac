import { randomBytes } from 'node:crypto';
import { findProvider, sameText } from '@paggio/providers';
import { ANSWER_TYPES, hasNoBody, isAnswerType } from './answer-type';
import type { Authority } from '../keys/authority';
import type { AddressGuard } from '../transport/address-guard';
import { checkDestinationUrl, type DestinationUrl } from '../transport/destination-url';
import { parseOrderBy } from './order-key';
import { defaultRetryPolicy, parseRetryPolicy } from './retry-policy';
import { toStoredAcknowledgement, toStoredRetry } from './stored-settings';
import { invalid, notFound, PaggioError, type ErrorDetail } from '../errors';
import { formatId, newId } from '../event-id';
import type { Page, Paging } from '../page';
import { hasScope, type Actor, type Owner } from '../principal';
import type { PublicAddress } from '../public-address';
import { checkPrecondition, destinationRevision, endpointRevision, type Precondition } from './revision';
import type { DestinationRow } from '../storage/entities/destination';
import type { EndpointRow } from '../storage/entities/endpoint';
import { headersPlace, openVerification, sealVerification, secretPlace, tlsPlace } from './endpoint-secrets';
import type { EndpointStore, StoredEndpoint } from './endpoint-store';
import type { SecretBox } from '../secrets/secret-box';
import { certificateReason, guardedReason } from './credential-guard';
import {
  functionProblem,
  MANUAL,
  planDestinations,
  resumeAutomatic,
  type CheckedDestination,
  type DestinationPlan,
  type DestinationSeal,
} from './destination-plan';
import type {
  Destination,
  DestinationInput,
  Endpoint,
  EndpointChange,
  EndpointInput,
  StoredVerification,
  VerificationInput,
} from './endpoint';
import { headerProblems, methodProblems, secretProblems } from './endpoint-settings';
import { endpointChanged, endpointCreated } from './endpoint-audit';
import { EndpointView } from './endpoint-view';
import { createSlug } from './slug';
import { verificationConfig } from './verification-input';

/** How long a replaced secret stays valid by default. */
const OVERLAP_SECONDS = 86_400;

export interface EndpointsDependencies {
  store: EndpointStore;
  box: SecretBox;
  guard: AddressGuard;
  address: Pick<PublicAddress, 'webhookBase' | 'ownOrigins'>;
  authority: Authority;
  /** How long a repeated request is recognised as a duplicate. */
  dedupWindowMs: number;
  /** Called after a change was committed, with its configuration version. */
  changed: (version: number) => void;
}

/** Creates, reads, changes and deletes endpoints. An endpoint of another owner is treated as if it did not exist. */
export class Endpoints {
  private readonly view: EndpointView;

  constructor(private readonly dependencies: EndpointsDependencies) {
    const { store, box, address } = dependencies;
    this.view = new EndpointView(store, box, address);
  }

  /** Creates an endpoint and returns its secret. Later only `revealSecret` returns it. */
  async create(owner: Actor, input: EndpointInput): Promise<{ endpoint: Endpoint; secret: string }> {
    const { box, store } = this.dependencies;
    const id = formatId(newId());
    const now = new Date();
    const settings = this.settings(input, owner.userId, id, null);
    const wanted = (await this.wanted(input, async () => new Set()))?.([]);
    const { added } = this.plan(wanted, owner.userId, id, [], now);
    const secret = input.secret ?? createSecret();
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
      retry: toStoredRetry(defaultRetryPolicy),
      concurrency: 8,
      rateLimit: null,
      orderBy: null,
      acknowledgement: null,
      verification: null,
      methods: null,
      forwardIdentityHeaders: false,
      status: 'ACTIVE',
      pausedAt: null,
      pauseReason: null,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      ...settings,
    };
    this.dependencies.changed(await store.insert(owner, row, added, endpointCreated(row, added)));
    return { endpoint: await this.get(owner, id), secret };
  }

  async get(owner: Owner, id: string): Promise<Endpoint> {
    const stored = await this.dependencies.store.find(owner, id);
    if (!stored) throw notFound('endpoint');
    return (await this.view.show([stored]))[0] as Endpoint;
  }

  async list(owner: Owner, paging: Paging): Promise<Page<Endpoint>> {
    const page = await this.dependencies.store.list(owner, paging);
    return { ...page, items: await this.view.show(page.items) };
  }

  /**
   * Changes the members that are given and no others. The change takes effect on the next request and attempt.
   * @throws PaggioError `NOT_FOUND`, `VALIDATION_FAILED` or `DESTINATION_NOT_ALLOWED`; `PRECONDITION_FAILED` when
   * `condition` does not hold at the moment of the change; `FORBIDDEN` for a new `secret` without the scope `admin`,
   * and without the scope `resign` for a change that would give away a provider's secret which requests carry, or that
   * moves a destination with `tls` to another host and keeps `tls`
   */
  async update(owner: Actor, id: string, input: EndpointChange, condition: Precondition = {}): Promise<Endpoint> {
    if (input.secret !== undefined) {
      this.dependencies.authority.require(owner, 'admin', 'endpoints.update', {
        message: 'Changing the secret needs the scope "admin"',
        hint: 'Use a key with the scope admin, or leave secret out.',
      });
    }
    const wanted = await this.wanted(input, () => this.functionsOf(owner, id));
    await this.commitChange(owner, id, (stored, now) => {
      checkPrecondition(condition, endpointRevision(stored.endpoint, stored.destinations));
      const endpoint = this.settings(input, owner.userId, id, stored.endpoint);
      const plan = this.plan(wanted?.(stored.destinations), owner.userId, id, stored.destinations, now);
      this.guard(owner, 'endpoints.update', stored, plan, now, input.verification);
      if (input.secret !== undefined) Object.assign(endpoint, this.newSecret(stored.endpoint, input.secret, now));
      if (input.status === 'PAUSED' && stored.endpoint.status === 'ACTIVE') {
        Object.assign(endpoint, { status: 'PAUSED', pausedAt: now, pauseReason: MANUAL });
      } else if (input.status === 'ACTIVE') {
        Object.assign(endpoint, { status: 'ACTIVE', pausedAt: null, pauseReason: null });
        const removed = new Set(plan.removed);
        const kept = stored.destinations.filter((one) => !removed.has(one.id));
        plan.changed.push(...resumeAutomatic(kept, now));
      }
      return { endpoint, plan };
    });
    if (input.orderBy !== undefined) await this.dependencies.store.makeDueNow(id);
    return this.get(owner, id);
  }

  /**
   * Adds a destination. Earlier events reach it only by a replay with its id.
   * @throws PaggioError as `update` does
   */
  async addDestination(owner: Actor, endpointId: string, input: DestinationInput): Promise<Destination> {
    const checked = await this.checked(input, 'url');
    const plan = await this.commitChange(owner, endpointId, (stored, now) => {
      const wanted = [...stored.destinations.map(({ id }) => ({ id })), checked];
      const made = this.plan(wanted, owner.userId, endpointId, stored.destinations, now, alone);
      this.guard(owner, 'destinations.create', stored, made, now);
      return { endpoint: {}, plan: made };
    });
    return this.destination(owner, endpointId, plan.added[0]?.id as string);
  }

  /** @throws PaggioError as `update` does; `NOT_FOUND` also for a destination of another endpoint */
  async updateDestination(
    owner: Actor,
    endpointId: string,
    id: string,
    input: DestinationInput,
    condition: Precondition = {},
  ): Promise<Destination> {
    const checked = await this.checked(input, 'url');
    await this.commitChange(owner, endpointId, (stored, now) => {
      const present = stored.destinations.find((row) => row.id === id);
      if (!present) throw notFound('destination');
      checkPrecondition(condition, destinationRevision(stored.endpoint, present));
      const wanted = stored.destinations.map((row) => (row.id === id ? { ...checked, id } : { id: row.id }));
      const plan = this.plan(wanted, owner.userId, endpointId, stored.destinations, now, alone);
      this.guard(owner, 'destinations.update', stored, plan, now);
      return { endpoint: {}, plan };
    });
    return this.destination(owner, endpointId, id);
  }

  /**
   * Removes a destination and cancels its pending deliveries.
   * @throws PaggioError `NOT_FOUND`; `CONFLICT` for a function of the app; `PRECONDITION_FAILED` as `update` does
   */
  async deleteDestination(owner: Actor, endpointId: string, id: string, condition: Precondition = {}): Promise<void> {
    await this.commitChange(owner, endpointId, (stored) => {
      const row = stored.destinations.find((one) => one.id === id);
      if (!row) throw notFound('destination');
      checkPrecondition(condition, destinationRevision(stored.endpoint, row));
      if (row.handler !== null) {
        throw new PaggioError('CONFLICT', 'This destination is a handler of the app', {
          hint: 'Pause it here, or remove the handler from the code.',
        });
      }
      return { endpoint: {}, plan: { added: [], changed: [], removed: [id] } };
    });
  }

  /** @throws PaggioError `NOT_FOUND` */
  async destination(owner: Owner, endpointId: string, id: string): Promise<Destination> {
    const found = (await this.get(owner, endpointId)).destinations.find((one) => one.id === id);
    if (!found) throw notFound('destination');
    return found;
  }

  /**
   * Deletes an endpoint. Its events stay readable. Its pending deliveries are cancelled, and their reason says why.
   * @throws PaggioError `NOT_FOUND`; `PRECONDITION_FAILED` as `update` does
   */
  async delete(owner: Actor, id: string, condition: Precondition = {}): Promise<void> {
    const { store, changed } = this.dependencies;
    const done = await store.update(owner, id, ({ endpoint, destinations }, now) => {
      checkPrecondition(condition, endpointRevision(endpoint, destinations));
      return {
        endpoint: { deletedAt: now },
        pending: destinations.map((row) => row.id),
        audit: [{ action: 'endpoint.deleted' as const, objectId: id, before: { name: endpoint.name }, after: null }],
      };
    });
    if (done === null) throw notFound('endpoint');
    changed(done.version);
    await store.cancelPending(done.result.pending, 'endpoint_deleted');
  }

  /**
   * Returns the secret in clear text. It also returns the secret that a provider such as Notion handed over in a
   * handshake and that a person has to copy to another place. The audit log records the access first.
   * @throws PaggioError `NOT_FOUND`
   */
  async revealSecret(actor: Actor, id: string): Promise<{ secret: string; verificationSecret: string | null }> {
    const { box, store } = this.dependencies;
    const stored = await store.find(actor, id);
    if (!stored) throw notFound('endpoint');
    await store.auditReveal(actor, id);
    const { secret, verification } = stored.endpoint;
    return {
      secret: box.open(secret, secretPlace(actor.userId, id)),
      verificationSecret:
        verification === null ? null : handedOver(openVerification(box, verification, actor.userId, id)),
    };
  }

  /**
   * Creates a new secret. Until the overlap ends, deliveries are signed with both secrets, and signed ingest accepts
   * both.
   * @param overlapSeconds 0 to 604800
   * @throws PaggioError `NOT_FOUND`
   */
  async rotateSecret(
    actor: Actor,
    id: string,
    overlapSeconds = OVERLAP_SECONDS,
  ): Promise<{ secret: string; previousExpiresAt: Date }> {
    const { box, store, changed } = this.dependencies;
    const secret = createSecret();
    const rotated = await store.rotate(actor, id, box.seal(secret, secretPlace(actor.userId, id)), overlapSeconds);
    if (!rotated) throw notFound('endpoint');
    changed(rotated.version);
    return { secret, previousExpiresAt: rotated.previousExpiresAt };
  }

  /**
   * Stores a secret that the provider handed over, if the endpoint has no secret yet. The first of two concurrent
   * handshakes wins. Returns true when the stored secret is this one, which it also is after a repeated handshake.
   */
  async keepVerificationSecret(owner: Owner, id: string, secret: string): Promise<boolean> {
    const { box, changed, store } = this.dependencies;
    const done = await store.update(owner, id, ({ endpoint }, now) => {
      const config =
        endpoint.verification === null ? null : openVerification(box, endpoint.verification, owner.userId, id);
      if (!config || config.secrets.length > 0)
        return { endpoint: {}, audit: [], kept: config?.secrets.some(({ value }) => sameText(value, secret)) ?? false };
      const verification = sealVerification(
        box,
        { ...config, secrets: [{ value: secret, expiresAt: null }] },
        owner.userId,
        id,
      );
      const after = { provider: config.provider };
      const audit = [{ action: 'secret.received' as const, objectId: id, before: null, after }];
      return { endpoint: { verification, updatedAt: now }, audit, kept: true };
    });
    if (done === null) return false;
    changed(done.version);
    return done.result.kept;
  }

  /**
   * @throws PaggioError `FORBIDDEN` for a change that would give away the provider's secret, or would use the TLS
   * settings of a destination at another host
   */
  private guard(
    actor: Actor,
    operation: string,
    { endpoint, destinations }: StoredEndpoint,
    plan: DestinationPlan,
    now: Date,
    verification?: VerificationInput | null,
  ): void {
    if (hasScope(actor, 'resign')) return;
    const stored = this.storedVerification(endpoint);
    const reason =
      guardedReason({ stored, destinations, verification, plan }, now.getTime()) ??
      certificateReason(destinations, plan);
    if (reason) this.dependencies.authority.require(actor, 'resign', operation, reason);
  }

  /** The columns that a secret changes. The current secret changes none, so that a repeated change ends no overlap. */
  private newSecret({ id, userId, secret: stored }: EndpointRow, secret: string, now: Date): Partial<EndpointRow> {
    const { box } = this.dependencies;
    const place = secretPlace(userId, id);
    let present: string | null = null;
    try {
      present = box.open(stored, place);
    } catch {
      // Nobody can use the current secret without its master key, so it is not kept.
    }
    if (present !== null && sameText(present, secret)) return {};
    return {
      secret: box.seal(secret, place),
      previousSecret: present === null ? null : stored,
      previousSecretExpiresAt: present === null ? null : new Date(now.getTime() + OVERLAP_SECONDS * 1000),
    };
  }

  private storedVerification({ id, userId, verification }: EndpointRow): StoredVerification | 'unreadable' | null {
    if (verification === null) return null;
    try {
      return openVerification(this.dependencies.box, verification, userId, id);
    } catch {
      return 'unreadable';
    }
  }

  /** Commits a change, announces its version, and cancels the pending deliveries of removed destinations. */
  private async commitChange(
    owner: Actor,
    id: string,
    work: (stored: StoredEndpoint, now: Date) => { endpoint: Partial<EndpointRow>; plan: DestinationPlan },
  ): Promise<DestinationPlan> {
    const { store, changed } = this.dependencies;
    const done = await store.update(owner, id, (stored, now) => {
      const { endpoint, plan } = work(stored, now);
      return { endpoint: { ...endpoint, updatedAt: now }, plan, audit: endpointChanged(stored, endpoint, plan) };
    });
    if (done === null) throw notFound('endpoint');
    changed(done.version);
    await store.cancelPending(done.result.plan.removed, 'cancelled');
    return done.result.plan;
  }

  /**
   * Returns a function that works out the wanted destinations from the stored ones, or undefined when the input leaves
   * them alone.
   * @param functionsOf ids of the endpoint's destinations that are functions of the app
   */
  private async wanted(
    input: EndpointChange,
    functionsOf: () => Promise<ReadonlySet<string>>,
  ): Promise<((stored: readonly DestinationRow[]) => CheckedDestination[]) | undefined> {
    const { destinations, destinationUrl } = input;
    if (destinations !== undefined) {
      if (destinationUrl !== undefined) {
        const message = 'destinationUrl is the first of destinations: send only one of the two.';
        throw invalid([{ field: 'destinationUrl', message }]);
      }
      const checked: CheckedDestination[] = [];
      const named = destinations.some((one) => one.id !== undefined && isFunctionUrl(one.url));
      const functions: ReadonlySet<string | undefined> = named ? await functionsOf() : new Set();
      for (const [index, one] of destinations.entries()) {
        // Clients send back the URL that they read, so the message is about the function and not about the URL.
        if (functions.has(one.id) && isFunctionUrl(one.url))
          throw invalid([functionProblem(`destinations[${index}].id`)]);
        checked.push(await this.checked(one, `destinations[${index}].url`));
      }
      return () => checked;
    }
    if (destinationUrl === undefined) return undefined;
    const url =
      destinationUrl === null || destinationUrl === '' ? null : await this.checkUrl(destinationUrl, 'destinationUrl');
    // The shorthand is about the first destination and leaves the others alone.
    return (stored) => {
      const [first, ...others] = stored.filter(({ handler }) => handler === null);
      return [...(url === null ? [] : [first ? { id: first.id, url } : { url }]), ...others.map(({ id }) => ({ id }))];
    };
  }

  /** A destination never becomes a function or stops being one, so this may be read before the change begins. */
  private async functionsOf(owner: Owner, endpointId: string): Promise<ReadonlySet<string>> {
    const stored = await this.dependencies.store.find(owner, endpointId);
    return new Set(stored?.destinations.filter(({ handler }) => handler !== null).map(({ id }) => id));
  }

  private async checked(input: DestinationInput, field: string): Promise<CheckedDestination> {
    const { url, ...rest } = input;
    return url === undefined ? rest : { ...rest, url: await this.checkUrl(url, field) };
  }

  private checkUrl(text: string, field: string): Promise<DestinationUrl> {
    return checkDestinationUrl(text, field, this.dependencies.guard, this.dependencies.address.ownOrigins);
  }

  private plan(
    wanted: readonly CheckedDestination[] | undefined,
    userId: string,
    endpointId: string,
    stored: readonly DestinationRow[],
    now: Date,
    fieldOf?: (index: number, name: string) => string,
  ): DestinationPlan {
    if (wanted === undefined) return { added: [], changed: [], removed: [] };
    const { box } = this.dependencies;
    const seal: DestinationSeal = {
      headers: (headers, id) => box.seal(JSON.stringify(headers), headersPlace(userId, id)),
      tls: (tls, id) => box.seal(JSON.stringify(tls), tlsPlace(userId, id)),
    };
    const plan = planDestinations(endpointId, stored, wanted, seal, now, fieldOf);
    if (Array.isArray(plan)) throw invalid(plan);
    return plan;
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
    if (input.secret !== undefined) problems.push(...secretProblems(input.secret));
    set('name', input.name);
    set('description', input.description);
    set('eventTypes', input.eventTypes);
    set('timeoutSeconds', input.timeoutSeconds);
    set('concurrency', input.concurrency);
    set('rateLimit', input.rateLimit);
    if (typeof input.orderBy === 'string' && !parseOrderBy(input.orderBy)) {
      const message = 'orderBy must be a header name, or a JSON pointer such as /data/customer.';
      problems.push({ field: 'orderBy', message });
    } else set('orderBy', input.orderBy);
    const { contentType = null, status: answered = 200, body = '' } = input.acknowledgement ?? {};
    if (contentType !== null && !isAnswerType(contentType)) {
      problems.push({ field: 'acknowledgement.contentType', message: `contentType must be ${ANSWER_TYPES}.` });
    } else if (hasNoBody(answered) && body !== '') {
      const message = `An answer with the status ${answered} has no body: send an empty one.`;
      problems.push({ field: 'acknowledgement.body', message });
    } else set('acknowledgement', input.acknowledgement && toStoredAcknowledgement(input.acknowledgement));
    set('forwardIdentityHeaders', input.forwardIdentityHeaders);
    if (input.methods) problems.push(...methodProblems(input.methods));
    set('methods', input.methods);
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
      else set('retry', toStoredRetry(policy));
    }
    if (input.verification === null) set('verification', null);
    else if (input.verification !== undefined) {
      const before = stored?.verification ? openVerification(box, stored.verification, userId, id) : null;
      const config = verificationConfig(input.verification, before, this.dependencies.dedupWindowMs);
      if (Array.isArray(config)) problems.push(...config);
      else set('verification', sealVerification(box, config, userId, id));
    }
    if (problems.length > 0) throw invalid(problems);
    return row;
  }
}

/** The secret that came by a handshake. Returns null if a person entered it, who can look it up at the provider. */
function handedOver(config: StoredVerification): string | null {
  return findProvider(config.provider)?.handsOverSecret ? (config.secrets[0]?.value ?? null) : null;
}

function isFunctionUrl(url: string | undefined): boolean {
  return url?.startsWith('handler:') ?? false;
}

function createSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Names the fields of a destination that is the whole body of a request. */
const alone = (_index: number, name: string): string => name;
