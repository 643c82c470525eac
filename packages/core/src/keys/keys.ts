import { notFound, PaggioError } from '../errors';
import { formatId, newId } from '../event-id';
import type { Page, Paging } from '../page';
import {
  hasScope,
  scopes as allScopes,
  type Actor,
  type Mode,
  type Owner,
  type Principal,
  type Scope,
} from '../principal';
import type { ApiKeyRow } from '../storage/entities/api-key';
import type { KeyStore } from '../storage/key-store';
import { createKeyText, DISPLAY_PREFIX_LENGTH, keyHash, keyMode } from './key-text';

export interface ApiKey {
  id: string;
  name: string;
  /** The first twelve characters, to recognise it by. */
  prefix: string;
  mode: Mode;
  scopes: Scope[];
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  createdAt: Date;
}

export interface KeyInput {
  name: string;
  /** Default: the mode of the key that asks. */
  mode?: Mode;
  /** Default `read`, `write`, `ingest`. Nobody grants a scope they lack. */
  scopes?: Scope[];
  expiresAt?: Date | null;
  userId?: string;
}

/** Whoever holds a key. */
export type KeyHolder = Principal & { keyId: string };

/** An entry of the cache is asked for again after this long: a revocation reaches every process within it. */
const CACHED_FOR_MS = 2_000;
const defaultScopes: readonly Scope[] = ['read', 'write', 'ingest'];
const USED_EVERY_MS = 60_000;
const MAX_CACHED = 10_000;

export class Keys {
  private readonly cache = new Map<string, { principal: KeyHolder | null; at: number }>();
  private readonly used = new Map<string, number>();

  constructor(
    private readonly store: KeyStore,
    private readonly changed: (version: number) => void,
  ) {}

  /**
   * Who a key belongs to.
   * @throws PaggioError `UNAUTHORIZED`; for text that cannot be a key without asking the database
   */
  async authenticate(key: string): Promise<KeyHolder> {
    if (keyMode(key) === undefined) throw unauthorized();
    const hash = keyHash(key);
    const name = hash.toString('latin1');
    // A clock that steps back must not keep a revoked key alive.
    const now = performance.now();
    const cached = this.cache.get(name);
    let principal = cached && now - cached.at < CACHED_FOR_MS ? cached.principal : undefined;
    if (principal === undefined) {
      const row = await this.store.findByHash(hash);
      principal = row && row.revokedAt === null && !row.expired ? toPrincipal(row) : null;
      if (this.cache.size >= MAX_CACHED) this.cache.clear();
      this.cache.set(name, { principal, at: now });
    }
    if (!principal) throw unauthorized();
    this.touch(principal.keyId, now);
    return principal;
  }

  /** The key itself is in this answer only. */
  async create(principal: Principal, input: KeyInput): Promise<{ apiKey: ApiKey; key: string }> {
    const wanted = input.scopes ?? defaultScopes.filter((scope) => hasScope(principal, scope));
    const lacking = wanted.filter((scope) => !hasScope(principal, scope));
    if (lacking.length > 0) {
      throw new PaggioError('FORBIDDEN', `A key cannot grant a scope it lacks: ${lacking.join(', ')}`, {
        hint: 'Use a key that has these scopes.',
      });
    }
    if (principal.mode === 'test' && input.mode === 'live') {
      throw new PaggioError('FORBIDDEN', 'A test key cannot create a live key', { hint: 'Use a live key.' });
    }
    const mode = input.mode ?? principal.mode;
    return this.insert(principal, { userId: input.userId ?? principal.userId, mode }, input, wanted);
  }

  /** A key with every scope, for the first run of a server. `key` comes from `createKeyText('live')`. */
  async createFirst(userId: string, key: string): Promise<void> {
    const owner: Owner = { userId, mode: 'live' };
    await this.insert(owner, owner, { name: 'first run' }, [...allScopes], key);
  }

  async list(owner: Owner, paging: Paging): Promise<Page<ApiKey>> {
    const page = await this.store.list(owner, paging);
    return { ...page, items: page.items.map(toApiKey) };
  }

  async revoke(actor: Actor, id: string): Promise<void> {
    const version = await this.store.revoke(actor, id);
    if (version === null) throw notFound('API key');
    this.cache.clear();
    this.changed(version);
  }

  private async insert(
    actor: Actor,
    { userId, mode }: Owner,
    input: KeyInput,
    scopes: Scope[],
    key = createKeyText(mode),
  ): Promise<{ apiKey: ApiKey; key: string }> {
    const row: ApiKeyRow = {
      id: formatId(newId()),
      userId,
      mode,
      name: input.name,
      prefix: key.slice(0, DISPLAY_PREFIX_LENGTH),
      hash: keyHash(key),
      scopes,
      lastUsedAt: null,
      expiresAt: input.expiresAt ?? null,
      revokedAt: null,
      createdAt: new Date(),
    };
    await this.store.insert(actor, row);
    return { apiKey: toApiKey(row), key };
  }

  /** At most once a minute and off the request's path. */
  private touch(keyId: string, now: number): void {
    if (now - (this.used.get(keyId) ?? Number.NEGATIVE_INFINITY) < USED_EVERY_MS) return;
    if (this.used.size >= MAX_CACHED) this.used.clear();
    this.used.set(keyId, now);
    void this.store.markUsed(keyId).catch(() => this.used.delete(keyId));
  }
}

function toPrincipal(row: ApiKeyRow): KeyHolder {
  return { userId: row.userId, mode: row.mode, scopes: new Set(row.scopes as Scope[]), keyId: row.id };
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    mode: row.mode,
    scopes: row.scopes as Scope[],
    lastUsedAt: row.lastUsedAt,
    expiresAt: row.expiresAt,
    createdAt: row.createdAt,
  };
}

export function unauthorized(): PaggioError {
  return new PaggioError('UNAUTHORIZED', 'Invalid or revoked API key', {
    hint: 'Send a valid key: Authorization: Bearer pk_live_...',
  });
}
