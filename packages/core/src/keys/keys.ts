import type { Authority } from '../authority';
import { invalid, notFound, PaggioError } from '../errors';
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
import type { KeyReach, KeyStore } from '../storage/key-store';
import { createKeyText, DISPLAY_PREFIX_LENGTH, keyHash, keyMode } from './key-text';

export interface ApiKey {
  id: string;
  userId: string;
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
  /** Default: those of `read`, `write` and `ingest` that the key which asks has. Nobody grants a scope they lack. */
  scopes?: Scope[];
  /** Null: never. Default: when the key that asks ends. A key never outlives the one that made it. */
  expiresAt?: Date | null;
  /** Whose objects it works on. Another user's needs the scope `operator`. Default: the user who asks. */
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
    private readonly authority: Authority,
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

  /** Whose a key was that has been revoked or has expired; null for any other text. */
  async findEnded(key: string): Promise<(Owner & { keyId: string; reason: 'revoked' | 'expired' }) | null> {
    const row = keyMode(key) === undefined ? null : await this.store.findByHash(keyHash(key));
    if (!row || (row.revokedAt === null && !row.expired)) return null;
    const { id: keyId, userId, mode } = row;
    return { keyId, userId, mode, reason: row.revokedAt === null ? 'expired' : 'revoked' };
  }

  /**
   * The key itself is in this answer only.
   * @throws PaggioError `FORBIDDEN` for what the principal may not grant; `VALIDATION_FAILED` for an end that has passed or
   * that is later than that of the key which asks; `UNAUTHORIZED` when that key was revoked meanwhile
   */
  async create(principal: Principal, input: KeyInput): Promise<{ apiKey: ApiKey; key: string }> {
    const wanted = input.scopes ?? defaultScopes.filter((scope) => hasScope(principal, scope));
    const userId = input.userId ?? principal.userId;
    if (userId !== principal.userId) {
      this.authority.require(principal, 'operator', 'keys.create', {
        message: 'Keys of another user need the scope "operator"',
        hint: 'Leave user_id out to make a key of your own.',
      });
    }
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
    return this.insert(principal, { userId, mode }, input, wanted);
  }

  /** A key with every scope, `operator` included, for the person who runs the server. `key` comes from `createKeyText('live')`. */
  async createFirst(userId: string, key: string): Promise<void> {
    const owner: Owner = { userId, mode: 'live' };
    await this.insert(owner, owner, { name: 'first run' }, [...allScopes], key);
  }

  /** Whether a user has ever had a key. Revoked and expired ones count. */
  async everMade(userId: string): Promise<boolean> {
    return this.store.everMade(userId);
  }

  /** Whether a key would be accepted now. This does not count as a use of it. */
  async isValid(key: string): Promise<boolean> {
    if (keyMode(key) === undefined) return false;
    const row = await this.store.findByHash(keyHash(key));
    return row !== null && row.revokedAt === null && !row.expired;
  }

  /** The keys of the actor's user; with the scope `operator`, those of every user. */
  async list(actor: Actor, paging: Paging): Promise<Page<ApiKey>> {
    const page = await this.store.list(actor, paging, reachOf(actor));
    return { ...page, items: page.items.map(toApiKey) };
  }

  /**
   * Ends a key and the sessions that were opened with it. Keys that it made stay.
   * @throws PaggioError `NOT_FOUND`, also for a key of another user without the scope `operator`
   */
  async revoke(actor: Actor, id: string): Promise<void> {
    const version = await this.store.revoke(actor, id, reachOf(actor));
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
      expiresAt: null,
      revokedAt: null,
      createdAt: new Date(),
    };
    const made = await this.store.insert(actor, row, input.expiresAt);
    if (typeof made !== 'string') return { apiKey: toApiKey(made), key };
    if (made === 'maker_gone') throw unauthorized();
    const message =
      made === 'past'
        ? 'expires_at is in the past.'
        : 'The key that asks ends earlier, and a key that it makes ends no later. Left out, expires_at is the same end.';
    throw invalid([{ field: 'expires_at', message }]);
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

/** The host's own code says whose keys it means. */
function reachOf(actor: Actor): KeyReach {
  return actor.scopes !== undefined && hasScope(actor, 'operator') ? 'everybody' : 'own';
}

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.userId,
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
