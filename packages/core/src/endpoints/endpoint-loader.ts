import { hasNoBody } from './answer-type';
import { createVerifier, providerHeaders, type Acknowledgement, type KeyDirectory } from '@paggio/providers';
import { parseOrderBy } from './order-key';
import { fromStoredAcknowledgement, fromStoredRetry } from './stored-settings';
import { identityOf } from './destination-tls';
import type { EndpointConfig, HandlerRule } from './endpoint-config';
import { UnreadableEndpoint, type EndpointLoader, type LoadedEndpoint } from './endpoint-directory';
import { idBytes } from '../event-id';
import type { Mode } from '../principal';
import type { Database } from '../storage/database';
import { headersPlace, openTls, openVerification, secretPlace } from './endpoint-secrets';
import { MissingMasterKey, type SecretBox } from '../secrets/secret-box';

interface Row {
  version: string;
  id: string | null;
  user_id: string;
  mode: Mode;
  name: string;
  slug: string;
  secret: string;
  previous_secret: string | null;
  previous_valid_ms: number | null;
  event_types: string[];
  headers: string | null;
  timeout_seconds: number;
  retry: object;
  concurrency: number;
  rate_limit: number | null;
  order_by: string | null;
  acknowledgement: object | null;
  verification: string | null;
  methods: string[] | null;
  forward_identity_headers: boolean;
  status: string;
  deleted: boolean;
  destinations: {
    id: string;
    url: string;
    handler: string | null;
    event_types: string[];
    headers: string | null;
    tls: string | null;
    timeout_seconds: number | null;
    retry: object | null;
    concurrency: number | null;
    status: string;
  }[];
  handlers: HandlerRule[];
}

const LOAD = `
  select s.config_version as version, e.id, e.user_id, e.mode, e.name, e.slug, e.secret,
    case when e.previous_secret_expires_at > now() then e.previous_secret end as previous_secret,
    case when e.previous_secret_expires_at > now()
      then ceil(extract(epoch from e.previous_secret_expires_at - now()) * 1000)::float8 end as previous_valid_ms,
    e.event_types, e.headers, e.timeout_seconds, e.retry, e.concurrency, e.rate_limit, e.order_by,
    e.acknowledgement, e.verification, e.methods, e.forward_identity_headers, e.status,
    e.deleted_at is not null as deleted,
    coalesce((select json_agg(json_build_object('id', d.id, 'url', d.url, 'handler', d.handler, 'event_types', d.event_types, 'headers', d.headers, 'tls', d.tls,
        'timeout_seconds', d.timeout_seconds, 'retry', d.retry, 'concurrency', d.concurrency, 'status', d.status) order by d.id)
      from paggio.destinations d where d.endpoint_id = e.id and d.deleted_at is null), '[]') as destinations,
    coalesce((select json_agg(json_build_object('name', h.name, 'source', h.source, 'eventTypes', h.event_types,
        'unverified', h.unverified) order by h.name)
      from paggio.handlers h
      where (h.mode is null or h.mode = e.mode) and (h.user_id is null or h.user_id = e.user_id)
        and (h.endpoints = '{}' or h.endpoints && array[e.id::text, e.slug, e.name])), '[]') as handlers
  from paggio.state s left join paggio.endpoints e on`;
const LOAD_BY_SLUG = `${LOAD} e.slug = $1`;
const LOAD_BY_ID = `${LOAD} e.id = $1`;

export class PostgresEndpointLoader implements EndpointLoader {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly keys: { of(endpointId: string): KeyDirectory },
    private readonly onUnreadable: (error: Error) => void,
    /** How many milliseconds a second of a timeout lasts. Tests make it shorter. */
    private readonly timeoutSecondMs: number,
  ) {}

  async load(by: { slug: string } | { id: string }): Promise<LoadedEndpoint> {
    const [row] = await ('slug' in by
      ? this.database.lookUp<Row>('paggio_endpoint_by_slug', LOAD_BY_SLUG, [by.slug])
      : this.database.lookUp<Row>('paggio_endpoint_by_id', LOAD_BY_ID, [by.id]));
    if (!row) throw new Error('paggio.state has no row');
    return {
      endpoint: row.id === null ? null : this.readable(row, row.id),
      version: Number(row.version),
      validForMs: row.previous_valid_ms,
    };
  }

  async version(): Promise<number> {
    const [row] = await this.database.lookUp<{ version: string }>(
      'paggio_config_version',
      'select config_version as version from paggio.state',
    );
    return Number(row?.version);
  }

  private readable(row: Row, id: string): EndpointConfig {
    try {
      return this.toConfig(row, id);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.onUnreadable(new Error(`Endpoint ${id} cannot be read: ${reason}`, { cause }));
      throw new UnreadableEndpoint(cause);
    }
  }

  private toConfig(row: Row, id: string): EndpointConfig {
    const secrets = [row.secret, row.previous_secret].filter((secret) => secret !== null);
    const attached = new Set(row.destinations.map(({ handler }) => handler));
    return {
      id,
      idBytes: idBytes(id),
      userId: row.user_id,
      mode: row.mode,
      name: row.name,
      slug: row.slug,
      secrets: secrets.map((secret) => this.box.open(secret, secretPlace(row.user_id, id))),
      eventTypes: row.event_types,
      acknowledgement: toAcknowledgement(row.acknowledgement),
      ...this.verificationOf(row, id),
      concurrency: row.concurrency,
      rateLimit: row.rate_limit,
      orderBy: row.order_by === null ? null : (parseOrderBy(row.order_by) ?? null),
      methods: row.methods,
      forwardIdentityHeaders: row.forward_identity_headers,
      paused: row.status === 'PAUSED',
      deleted: row.deleted,
      destinations: row.destinations.map((destination) => ({
        id: destination.id,
        idBytes: idBytes(destination.id),
        url: destination.url,
        handler: destination.handler,
        rule: row.handlers.find(({ name }) => name === destination.handler) ?? null,
        eventTypes: destination.event_types,
        // A destination's own headers override the endpoint's.
        headers: merged(
          this.openHeaders(row.headers, row.user_id, id),
          this.openHeaders(destination.headers, row.user_id, destination.id),
        ),
        tls:
          destination.tls === null
            ? null
            : identityOf(destination.id, openTls(this.box, destination.tls, row.user_id, destination.id)),
        timeoutMs: (destination.timeout_seconds ?? row.timeout_seconds) * this.timeoutSecondMs,
        retry: fromStoredRetry(destination.retry ?? row.retry),
        concurrency: destination.concurrency ?? row.concurrency,
        paused: destination.status === 'PAUSED',
      })),
      handlers: row.handlers.filter(({ name }) => !attached.has(name)),
    };
  }

  private openHeaders(sealed: string | null, userId: string, id: string): Record<string, string> {
    return sealed === null
      ? {}
      : (JSON.parse(this.box.open(sealed, headersPlace(userId, id))) as Record<string, string>);
  }

  private verificationOf(
    row: Row,
    id: string,
  ): Pick<EndpointConfig, 'verifier' | 'replaySecrets' | 'verificationHeaders'> {
    const verificationHeaders: ReadonlySet<string> = new Set();
    if (row.verification === null) return { verifier: null, replaySecrets: {}, verificationHeaders };
    try {
      const config = openVerification(this.box, row.verification, row.user_id, id);
      const verifier = createVerifier(config, { keys: this.keys.of(id), stored: true });
      const replaySecrets = config.replaySecrets ?? {};
      // The row may have been written past all checks. Without a usable secret no event is accepted.
      if (Array.isArray(verifier)) return { verifier: 'broken', replaySecrets, verificationHeaders };
      return { verifier, replaySecrets, verificationHeaders: providerHeaders(verifier.provider) };
    } catch (error) {
      // Another process may have the key, so the sender is asked to try again and is not refused.
      if (error instanceof MissingMasterKey) throw error;
      return { verifier: 'broken', replaySecrets: {}, verificationHeaders };
    }
  }
}

function toAcknowledgement(value: Row['acknowledgement']): Acknowledgement | null {
  if (value === null) return null;
  const { status, contentType, body } = fromStoredAcknowledgement(value);
  // A body for such a status comes from a row of an earlier version.
  return hasNoBody(status) ? { status, contentType: null, body: '' } : { status, contentType, body };
}

function merged(base: Record<string, string>, over: Record<string, string>): [string, string][] {
  const replaced = new Set(Object.keys(over).map((name) => name.toLowerCase()));
  return [...Object.entries(base).filter(([name]) => !replaced.has(name.toLowerCase())), ...Object.entries(over)];
}
