import { PaggioError } from '../errors';
import type { Owner } from '../principal';
import { RecentMap } from '../flow/recent-map';
import type { EndpointConfig } from './endpoint-config';

export interface LoadedEndpoint {
  endpoint: EndpointConfig | null;
  version: number;
  /**
   * Milliseconds until the overlap of the previous secret ends, so that it has to be loaded again. `null` means never.
   */
  validForMs: number | null;
}

/**
 * The configuration of an endpoint cannot be read, because its secrets are encrypted under a master key that this
 * process does not have, or because its row is damaged. The sender is not at fault, so the answer asks it to send the
 * request again. The answer does not give the cause, and the log does.
 */
export class UnreadableEndpoint extends PaggioError {
  constructor(cause: unknown) {
    super('UNAVAILABLE', 'The configuration of this endpoint cannot be read', {
      hint: 'Send the request again later. The log of the gateway says why.',
      retryAfterSeconds: 30,
      cause,
    });
  }
}

/** Every endpoint that a directory has returned. */
const routed = new WeakSet<object>();

/** Whether a directory of this process returned this endpoint configuration. False for one that was made by hand. */
export function isRoutedEndpoint(value: object): boolean {
  return routed.has(value);
}

/** Reads one endpoint together with the configuration version of the same moment. */
export interface EndpointLoader {
  /** @throws UnreadableEndpoint */
  load(by: { slug: string } | { id: string }): Promise<LoadedEndpoint>;
  version(): Promise<number>;
}

interface Entry<Endpoint = EndpointConfig | null> {
  endpoint: Endpoint;
  version: number;
  /** Milliseconds on the monotonic clock. */
  validUntil: number;
}

/** After this long without an answer of the database, the directory asks for the version before it trusts an entry. */
const TRUSTED_FOR_MS = 2_000;
const MAX_ENDPOINTS = 20_000;
const MAX_UNKNOWN = 10_000;

/**
 * Caches endpoints, and never returns one that is older than the newest configuration version this process has seen.
 * Every commit, claim and settle returns that version, so a busy process needs no extra query. An idle process asks for
 * the version first.
 */
export class EndpointDirectory {
  private readonly slugs = new Shelf();
  private readonly ids = new Shelf();
  private known = 0;
  private heardAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;
  private readonly loading = new Map<string, { known: number; result: Promise<Entry> }>();

  constructor(private readonly loader: EndpointLoader) {}

  /** Notes a configuration version that came with another answer of the database. */
  observe(version: number): void {
    if (version > this.known) this.known = version;
    this.heardAt = performance.now();
  }

  /** The endpoint with this slug, if it is known without asking the database. Returns undefined if it is not. */
  peek(slug: string): EndpointConfig | null | undefined {
    if (performance.now() - this.heardAt > TRUSTED_FOR_MS) return undefined;
    const entry = this.slugs.get(slug);
    return entry && this.holds(entry) ? entry.endpoint : undefined;
  }

  /** Whether this process remembers an endpoint with this slug, even if its entry has to be loaded again. */
  remembers(slug: string): boolean {
    return this.slugs.endpoints.get(slug) !== undefined;
  }

  bySlug(slug: string): Promise<EndpointConfig | null> {
    return this.get(this.slugs, slug, { slug });
  }

  byId(id: string): Promise<EndpointConfig | null> {
    return this.get(this.ids, id, { id });
  }

  /** The owner's endpoint with this id, even if it is deleted. Returns null for the endpoints of others. */
  async ofOwner(owner: Owner, id: string): Promise<EndpointConfig | null> {
    const endpoint = await this.byId(id);
    return endpoint?.userId === owner.userId && endpoint.mode === owner.mode ? endpoint : null;
  }

  /** Makes the next look-up ask the database. */
  distrust(): void {
    this.heardAt = Number.NEGATIVE_INFINITY;
  }

  private async get(shelf: Shelf, key: string, by: { slug: string } | { id: string }): Promise<EndpointConfig | null> {
    if (performance.now() - this.heardAt > TRUSTED_FOR_MS) await this.ask();
    const entry = shelf.get(key);
    if (entry && this.holds(entry)) return entry.endpoint;
    const loaded = await this.load(key, by);
    this.observe(loaded.version);
    shelf.put(key, loaded);
    return loaded.endpoint;
  }

  private holds(entry: Entry): boolean {
    return entry.version >= this.known && performance.now() < entry.validUntil;
  }

  /** Requests that miss at the same time share one query. */
  private load(key: string, by: { slug: string } | { id: string }): Promise<Entry> {
    let loading = this.loading.get(key);
    // A load that began before this process saw the newest version may return an older one.
    if (!loading || loading.known < this.known) {
      const result = this.loader.load(by).then(({ endpoint, version, validForMs }) => {
        if (endpoint) routed.add(endpoint);
        const validUntil = validForMs === null ? Number.POSITIVE_INFINITY : performance.now() + validForMs;
        return { endpoint, version, validUntil };
      });
      const entry = { known: this.known, result };
      loading = entry;
      this.loading.set(key, entry);
      const done = (): void => {
        if (this.loading.get(key) === entry) this.loading.delete(key);
      };
      entry.result.then(done, done);
    }
    return loading.result;
  }

  private ask(): Promise<void> {
    this.asking ??= this.loader
      .version()
      .then((version) => this.observe(version))
      .finally(() => (this.asking = undefined));
    return this.asking;
  }
}

/**
 * Loaded endpoints by slug or by id. Names without an endpoint are kept apart, so that guesses never evict an endpoint.
 */
class Shelf {
  readonly endpoints = new RecentMap<string, Entry<EndpointConfig>>(MAX_ENDPOINTS);
  private readonly unknown = new RecentMap<string, Entry<null>>(MAX_UNKNOWN);

  get(name: string): Entry | undefined {
    return this.endpoints.get(name) ?? this.unknown.get(name);
  }

  put(name: string, { endpoint, version, validUntil }: Entry): void {
    if (endpoint === null) {
      this.endpoints.delete(name);
      this.unknown.set(name, { endpoint, version, validUntil });
    } else {
      this.unknown.delete(name);
      this.endpoints.set(name, { endpoint, version, validUntil });
    }
  }
}
