import { PaggioError } from '../errors';
import type { Owner } from '../principal';
import { RecentMap } from '../flow/recent-map';
import type { EndpointConfig } from './endpoint-config';

export interface LoadedEndpoint {
  endpoint: EndpointConfig | null;
  version: number;
  /** When something of it ends by itself: an old secret whose overlap is over. Null: never. */
  validForMs: number | null;
}

/**
 * The configuration of an endpoint cannot be read: its secrets are encrypted under a master key that this process does not
 * have, or its row is damaged. That is not the fault of the sender, so senders are told to send it again. They
 * are not told the cause; the log is.
 */
export class UnreadableEndpoint extends PaggioError {
  constructor(cause: unknown) {
    super('UNAVAILABLE', 'The configuration of this endpoint cannot be read now', {
      hint: 'Send the request again later. The log of the gateway says why.',
      retryAfterSeconds: 30,
      cause,
    });
  }
}

/** Every endpoint that a directory has returned. */
const routed = new WeakSet<object>();

/** Whether an object is the configuration of an endpoint as a directory of this process returned it, and not one made by hand. */
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
  /** On the monotonic clock. */
  validUntil: number;
}

/** Without word from the database for this long, the version is asked for before an entry is trusted. */
const TRUSTED_FOR_MS = 2_000;
const MAX_ENDPOINTS = 20_000;
const MAX_UNKNOWN = 10_000;

/**
 * Endpoints in memory, never staler than the newest configuration version this process has heard of. Every commit,
 * claim and settle returns that version, so a busy process needs no query of its own; an idle one asks before it trusts.
 */
export class EndpointDirectory {
  private readonly slugs = new Shelf();
  private readonly ids = new Shelf();
  private known = 0;
  private heardAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;
  private readonly loading = new Map<string, { known: number; result: Promise<Entry> }>();

  constructor(private readonly loader: EndpointLoader) {}

  /** Takes in a version that came with some other answer of the database. */
  observe(version: number): void {
    if (version > this.known) this.known = version;
    this.heardAt = performance.now();
  }

  /** The endpoint when it can be known without asking the database; undefined when it cannot. */
  peek(slug: string): EndpointConfig | null | undefined {
    if (performance.now() - this.heardAt > TRUSTED_FOR_MS) return undefined;
    const entry = this.slugs.get(slug);
    return entry && this.holds(entry) ? entry.endpoint : undefined;
  }

  /** Whether a slug is that of an endpoint, as far as this process remembers: also one that is asked for again. */
  remembers(slug: string): boolean {
    return this.slugs.endpoints.get(slug) !== undefined;
  }

  bySlug(slug: string): Promise<EndpointConfig | null> {
    return this.get(this.slugs, slug, { slug });
  }

  byId(id: string): Promise<EndpointConfig | null> {
    return this.get(this.ids, id, { id });
  }

  /** The endpoint of an id where it is the owner's, deleted ones too; anybody else's does not exist. */
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
    // One that began before the newest version was heard of may be older than it.
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

/** What was loaded under slugs or under ids. Names without an endpoint stand apart, so that guesses push out no endpoint. */
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
