import { createHash } from 'node:crypto';
import type { KeyDirectory, KeyLookup } from '@paggio/providers';
import type { Transport } from '../delivery/transport';
import { askProvider } from './ask-provider';

/** A certificate or key changes rarely and never under its name. */
const KEPT_MS = 24 * 3600_000;
/** What was not there may appear; asking for it again at once would let strangers make us ask without end. */
const MISSING_KEPT_MS = 60_000;
const LOOK_UPS_PER_MINUTE = 30;
const MAX_ENTRIES = 1_000;

/**
 * Keys that providers publish, fetched through the address guard, remembered, and asked for at most thirty times a
 * minute in each process: requests that name unknown keys are then refused without a look.
 */
export class PublishedKeys implements KeyDirectory {
  private readonly known = new Map<string, { until: number; lookup: Promise<KeyLookup> }>();
  private minute = { since: 0, count: 0 };

  constructor(private readonly transport: Transport) {}

  fetch(url: string): Promise<KeyLookup> {
    return this.remember(url, 'unavailable', () => this.ask(url));
  }

  post(url: string, body: Readonly<Record<string, unknown>>): Promise<KeyLookup> {
    const bytes = Buffer.from(JSON.stringify(body));
    // The body holds a credential: the name it is remembered under does not.
    const name = `${url} ${createHash('sha256').update(bytes).digest('hex')}`;
    return this.remember(name, 'absent', () => this.ask(url, bytes));
  }

  private remember(name: string, otherwise: KeyLookup, ask: () => Promise<KeyLookup>): Promise<KeyLookup> {
    const now = performance.now();
    const entry = this.known.get(name);
    if (entry && entry.until > now) return entry.lookup;
    if (!this.admits(now)) return Promise.resolve(otherwise);
    if (this.known.size >= MAX_ENTRIES) this.known.clear();
    const lookup = ask();
    // Requests at the same time share one look-up.
    const asked = { until: now + KEPT_MS, lookup };
    this.known.set(name, asked);
    void lookup.then((found) => {
      if (found === 'unavailable') this.known.delete(name);
      else if (found === 'absent') asked.until = performance.now() + MISSING_KEPT_MS;
    });
    return lookup;
  }

  private admits(now: number): boolean {
    if (now - this.minute.since >= 60_000) this.minute = { since: now, count: 0 };
    return ++this.minute.count <= LOOK_UPS_PER_MINUTE;
  }

  private async ask(url: string, body?: Buffer): Promise<KeyLookup> {
    const result = await askProvider(this.transport, url, body);
    if (result.error || result.truncated || result.status === null) return 'unavailable';
    if (result.status === 200) return { text: result.body.toString('utf8') };
    return result.status >= 400 && result.status < 500 && result.status !== 429 ? 'absent' : 'unavailable';
  }
}
