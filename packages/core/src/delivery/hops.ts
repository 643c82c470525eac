import { hkdfSync, timingSafeEqual } from 'node:crypto';
import { HeaderList, HmacKey } from '@paggio/providers';

/** An event that this installation has already sent out this many times is in a loop and goes no further. */
export const MAX_HOPS = 3;
/** Entries of other gateways that are passed on. A loop through more installations than this is not noticed. */
const FOREIGN_KEPT = 16;
/**
 * Only this many entries are read, the newest ones, so that a stranger's long list costs no more than an ordinary one.
 */
const ENTRIES_READ = 32;
const HEADER = 'paggio-hops';
const ENTRY = /^[1-3]\.[A-Za-z0-9_-]{22}$/;

/**
 * Notices events that come back. Each delivery carries `Paggio-Hops`: one entry for each installation it has left,
 * `<count>.<MAC>`, where the MAC is under a key of that installation and covers the count and the body. An installation
 * counts only its own entry, so nobody else can make an event undeliverable. It passes the entries of others on, so
 * that each of several gateways in one loop notices the loop by itself. A loop that removes the header or changes the
 * body each time cannot be noticed.
 */
export class Hops {
  private readonly key: HmacKey;

  /** @param masterKey of the installation: every process that shares it counts the same entries */
  constructor(masterKey: Buffer) {
    this.key = new HmacKey('sha256', Buffer.from(hkdfSync('sha256', masterKey, '', 'paggio hops', 32)));
  }

  /**
   * How often this installation has sent these bytes out on their way here, from 0 to `MAX_HOPS`.
   * @param bodyHash hex SHA-256 of the body; called only if the request has the header
   */
  count(rawHeaders: readonly string[], bodyHash: () => string): number {
    const entries = entriesOf(rawHeaders);
    return entries.length === 0 ? 0 : this.countIn(entries, bodyHash());
  }

  /** The header of the next delivery. */
  next(rawHeaders: readonly string[], bodyHash: string): string {
    const entries = entriesOf(rawHeaders);
    const count = entries.length === 0 ? 0 : this.countIn(entries, bodyHash);
    const own = new Set(Array.from({ length: count }, (_, index) => this.entry(index + 1, bodyHash)));
    const foreign = entries.filter((entry) => !own.has(entry)).slice(-FOREIGN_KEPT);
    return [...foreign, this.entry(Math.min(count + 1, MAX_HOPS), bodyHash)].join(', ');
  }

  private countIn(entries: readonly string[], bodyHash: string): number {
    for (let count = MAX_HOPS; count > 0; count--) {
      const own = Buffer.from(this.entry(count, bodyHash));
      if (entries.some((entry) => timingSafeEqual(Buffer.from(entry), own))) return count;
    }
    return 0;
  }

  private entry(count: number, bodyHash: string): string {
    return `${count}.${this.key.digest('base64url', `paggio-hop:${count}:${bodyHash}`).slice(0, 22)}`;
  }
}

/** Well-formed entries, oldest first; anything else in the header means nothing. */
function entriesOf(rawHeaders: readonly string[]): string[] {
  return new HeaderList(rawHeaders)
    .all(HEADER)
    .flatMap((value) => value.split(','))
    .map((text) => text.trim())
    .filter((entry) => ENTRY.test(entry))
    .slice(-ENTRIES_READ);
}
