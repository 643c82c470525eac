import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { KeyDirectory, KeyLookup } from '@paggio/providers';
import type { Transport } from '../transport/transport';
import { networkOf } from '../transport/network';
import { RecentMap } from '../flow/recent-map';
import { askProvider } from '../transport/ask-provider';
import { LookUpBudget, type ChargedTo } from './look-up-budget';

/** A key rarely changes, and never under its name. After this time it is fetched again, and the old one stays valid. */
const FRESH_MS = 24 * 3_600_000;
/** How long a key stays valid when it can no longer be fetched. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** A refresh that fails is tried again after this time. */
const REFRESH_AGAIN_MS = 60_000;
/** A missing key may appear later. Without this pause, strangers could make Paggio ask again and again. */
const MISSING_MS = 60_000;
/** The most keys, and the most names without a key. They are kept apart, so that invented names never evict a key. */
const MAX_ENTRIES = 1_000;
/** A chain of certificates is about 6 kB. */
const MAX_LENGTH = 32 * 1024;

interface Found {
  text: string;
  freshUntil: number;
  keptUntil: number;
}

type IsKey = (text: string) => boolean;

const NOBODY: ChargedTo = { endpoint: '', sender: null };
const everything: IsKey = () => true;

/**
 * Fetches keys that providers publish, through the address guard, and remembers them. Look-ups of unknown names are
 * limited for each endpoint and sender, and in all (`LookUpBudget`). Beyond the limit a certificate is `unavailable`,
 * so that the provider sends again, and a key id is `absent`. Known keys need no look-up, so the limits do not affect
 * them.
 */
export class PublishedKeys implements KeyDirectory {
  private readonly found = new RecentMap<string, Found>(MAX_ENTRIES);
  private readonly missing = new RecentMap<string, { until: number; lookup: KeyLookup }>(MAX_ENTRIES);
  /** Look-ups under way, which requests for the same key share. The budget limits their number. */
  private readonly asking = new Map<string, Promise<KeyLookup>>();
  private readonly budget = new LookUpBudget();

  constructor(private readonly transport: Transport) {}

  /** A view of the same keys, whose look-ups are charged to an endpoint. */
  of(endpoint: string, sender: string | null = null): Required<KeyDirectory> {
    const chargedTo = { endpoint, sender };
    return {
      fetch: (url, isKey) => this.fetch(url, isKey, chargedTo),
      post: (url, body, isKey) => this.post(url, body, isKey, chargedTo),
      askedBy: (address) => this.of(endpoint, networkOf(address)),
    };
  }

  fetch(url: string, isKey?: IsKey, chargedTo = NOBODY): Promise<KeyLookup> {
    return this.look(url, 'unavailable', chargedTo, () => this.ask(url, isKey));
  }

  post(url: string, body: Readonly<Record<string, unknown>>, isKey?: IsKey, chargedTo = NOBODY): Promise<KeyLookup> {
    const bytes = Buffer.from(JSON.stringify(body));
    // The body holds a credential, so the key is remembered under a hash of it.
    const name = `${url} ${createHash('sha256').update(bytes).digest('hex')}`;
    return this.look(name, 'absent', chargedTo, () => this.ask(url, isKey, bytes));
  }

  /** @param otherwise the answer when the budget is used up */
  private look(
    name: string,
    otherwise: KeyLookup,
    chargedTo: ChargedTo,
    ask: () => Promise<KeyLookup | 'no_key'>,
  ): Promise<KeyLookup> {
    const now = performance.now();
    const found = this.found.get(name);
    if (found && found.keptUntil > now) {
      if (found.freshUntil <= now) this.refresh(name, found, now, ask);
      return Promise.resolve({ text: found.text });
    }
    const missing = this.missing.get(name);
    if (missing && missing.until > now) return Promise.resolve(missing.lookup);
    const under = this.asking.get(name);
    if (under) return under;
    return this.budget.admits(chargedTo, now) ? this.start(name, ask) : Promise.resolve(otherwise);
  }

  /** Fetches a known key again. Known names are few, so these look-ups are charged to nobody. */
  private refresh(name: string, found: Found, now: number, ask: () => Promise<KeyLookup | 'no_key'>): void {
    found.freshUntil = now + REFRESH_AGAIN_MS;
    void this.start(name, ask);
  }

  private start(name: string, ask: () => Promise<KeyLookup | 'no_key'>): Promise<KeyLookup> {
    const lookup = ask().then((answer) => {
      this.asking.delete(name);
      return this.remember(name, answer);
    });
    this.asking.set(name, lookup);
    return lookup;
  }

  private remember(name: string, answer: KeyLookup | 'no_key'): KeyLookup {
    const now = performance.now();
    // It is unknown whether the key exists, so the next request asks again.
    if (answer === 'unavailable') return answer;
    if (typeof answer === 'object') {
      this.found.set(name, { text: answer.text, freshUntil: now + FRESH_MS, keptUntil: now + KEPT_MS });
      return answer;
    }
    const lookup = answer === 'absent' ? 'absent' : 'unavailable';
    if (lookup === 'absent') this.found.delete(name);
    this.missing.set(name, { until: now + MISSING_MS, lookup });
    return lookup;
  }

  /** Asks the provider. It never rejects. `no_key` is an answer that is not a key, such as a page for people. */
  private async ask(url: string, isKey: IsKey = everything, body?: Buffer): Promise<KeyLookup | 'no_key'> {
    const result = await askProvider(this.transport, url, body);
    if (result.error || result.truncated || result.status === null) return 'unavailable';
    if (result.status === 200) {
      if (!isUtf8(result.body)) return 'no_key';
      const text = result.body.toString('utf8');
      return text.length <= MAX_LENGTH && isKey(text) ? { text } : 'no_key';
    }
    return result.status >= 400 && result.status < 500 && result.status !== 429 ? 'absent' : 'unavailable';
  }
}
