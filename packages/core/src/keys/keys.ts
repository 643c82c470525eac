import type { Authority } from './authority';
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
import { requireTime } from '../input/time';
import { RecentMap } from '../flow/recent-map';
import type { ApiKeyRow } from '../storage/entities/api-key';
import type { KeyReach, KeyStore } from './key-store';
import { createKeyText, DISPLAY_PREFIX_LENGTH, keyHash, keyMode } from './key-text';
import { SharedLookups } from './shared-lookups';

export interface ApiKey {
  id: string;
  userId: string;
  name: string;
  /** The first twelve characters, by which people recognise the key. */
  prefix: string;
  mode: Mode;
  scopes: Scope[];
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  createdAt: Date;
}

export interface KeyInput {
  name: string;
  /** Default: the mode of the key that creates it. */
  mode?: Mode;
  /**
   * Default: `read`, `write` and `ingest`, as far as the creating key has them. A key cannot grant a scope that it
   * lacks.
   */
  scopes?: Scope[];
  /** `null` means never. Default: the expiry of the creating key. A key never outlives the key that created it. */
  expiresAt?: Date | null;
  /**
   * The user whose objects the key works on. Another user needs the scope `operator`. Default: the creating key's user.
   */
  userId?: string;
}

/** The holder of an API key. */
export type KeyHolder = Principal & { keyId: string };

const defaultScopes: readonly Scope[] = ['read', 'write', 'ingest'];
const USED_EVERY_MS = 60_000;
const MAX_CACHED = 10_000;

export class Keys {
  /** Keys that were valid when they were last looked at, by the hash of their text. */
  private readonly valid = new RecentMap<string, { principal: KeyHolder; at: number }>(MAX_CACHED);
  /** When a key was last found to be invalid. These are kept apart, so that invented keys never evict valid ones. */
  private readonly wrong = new RecentMap<string, number>(MAX_CACHED);
  private readonly used = new RecentMap<string, number>(MAX_CACHED);
  /** Entries that are older than this are looked up again. */
  private trustedSince = Number.NEGATIVE_INFINITY;
  private readonly lookups = new SharedLookups((names) => this.find(names));

  constructor(
    private readonly store: KeyStore,
    private readonly authority: Authority,
    private readonly changed: (version: number) => void,
    /** Age at which a cached key is looked up again. A revocation reaches every process within this time. */
    private readonly cachedForMs: number,
  ) {}

  /**
   * Finds the holder of a key.
   * @param mayWait called before the database is asked about a key that was not valid at its last use. True lets the
   * look-up wait up to 100 ms for other look-ups, so that many wrong keys cost few statements. Default: it never waits.
   * @throws PaggioError `UNAUTHORIZED` for an invalid key, without a query for text that cannot be a key;
   * `RATE_LIMITED` when too many look-ups wait
   */
  async authenticate(key: string, mayWait: () => boolean = () => false): Promise<KeyHolder> {
    if (keyMode(key) === undefined) throw unauthorized();
    const name = keyHash(key).toString('latin1');
    // A clock that steps back must not keep a revoked key alive.
    const now = performance.now();
    const known = this.valid.get(name);
    if (known && known.at > this.trustedSince && now - known.at < this.cachedForMs)
      return this.touched(known.principal, now);
    const refusedAt = this.wrong.get(name);
    if (refusedAt !== undefined && now - refusedAt < this.cachedForMs) throw unauthorized();
    const row = !known && mayWait() ? await this.lookups.ask(name) : ((await this.find([name])).get(name) ?? null);
    if (!row) {
      this.valid.delete(name);
      this.wrong.set(name, now);
      throw unauthorized();
    }
    const principal = toPrincipal(row);
    this.wrong.delete(name);
    this.valid.set(name, { principal, at: now });
    return this.touched(principal, now);
  }

  /** Makes the next use of every key ask the database. */
  distrust(): void {
    this.trustedSince = performance.now();
  }

  /** Finds the holder of a key that was revoked or has expired. Returns null for any other text. */
  async findEnded(key: string): Promise<(Owner & { keyId: string; reason: 'revoked' | 'expired' }) | null> {
    const [row] = keyMode(key) === undefined ? [] : await this.store.findByHashes([keyHash(key)]);
    if (!row || (row.revokedAt === null && !row.expired)) return null;
    const { id: keyId, userId, mode } = row;
    return { keyId, userId, mode, reason: row.revokedAt === null ? 'expired' : 'revoked' };
  }

  /**
   * Creates a key. Only this answer contains its text.
   * @throws PaggioError `FORBIDDEN` for a scope, a mode or a user that the principal may not grant; `VALIDATION_FAILED`
   * for an expiry that has passed or is later than that of the creating key; `UNAUTHORIZED` when that key was revoked
   * meanwhile
   */
  async create(principal: Principal, input: KeyInput): Promise<{ apiKey: ApiKey; key: string }> {
    requireTime('expiresAt', input.expiresAt);
    const wanted = input.scopes ?? defaultScopes.filter((scope) => hasScope(principal, scope));
    const userId = input.userId ?? principal.userId;
    if (userId !== principal.userId) {
      this.authority.require(principal, 'operator', 'keys.create', {
        message: 'Keys of another user need the scope "operator"',
        hint: 'Leave userId out to make a key of your own.',
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

  /**
   * Creates a key with every scope, including `operator`, for the person who runs the server. `key` comes from
   * `createKeyText('live')`.
   */
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
    const name = keyHash(key).toString('latin1');
    return (await this.find([name])).has(name);
  }

  /** Lists the keys of the actor's user. With the scope `operator`, it lists those of all users. */
  async list(actor: Actor, paging: Paging): Promise<Page<ApiKey>> {
    const page = await this.store.list(actor, paging, reachOf(actor));
    return { ...page, items: page.items.map(toApiKey) };
  }

  /**
   * Revokes a key, and ends the sessions that were opened with it. Keys that it created stay valid.
   * @throws PaggioError `NOT_FOUND`, also for a key of another user without the scope `operator`
   */
  async revoke(actor: Actor, id: string): Promise<void> {
    const version = await this.store.revoke(actor, id, reachOf(actor));
    if (version === null) throw notFound('API key');
    this.distrust();
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
        ? 'expiresAt is in the past.'
        : 'A key must not outlive the key that creates it. Leave expiresAt out to let both expire at the same time.';
    throw invalid([{ field: 'expiresAt', message }]);
  }

  /** Finds the keys with these names that are valid now. */
  private async find(names: readonly string[]): Promise<Map<string, ApiKeyRow>> {
    const rows = await this.store.findByHashes(names.map((name) => Buffer.from(name, 'latin1')));
    const valid = rows.filter(({ revokedAt, expired }) => revokedAt === null && !expired);
    return new Map(valid.map((row) => [row.hash.toString('latin1'), row]));
  }

  /** Records the use, at most once a minute. The request does not wait for it. */
  private touched(principal: KeyHolder, now: number): KeyHolder {
    const { keyId } = principal;
    if (now - (this.used.get(keyId) ?? Number.NEGATIVE_INFINITY) >= USED_EVERY_MS) {
      this.used.set(keyId, now);
      void this.store.markUsed(keyId).catch(() => this.used.delete(keyId));
    }
    return principal;
  }
}

function toPrincipal(row: ApiKeyRow): KeyHolder {
  return { userId: row.userId, mode: row.mode, scopes: new Set(row.scopes as Scope[]), keyId: row.id };
}

/** An operator reaches the keys of all users. The host's own code names the user whose keys it means. */
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
