/**
 * A map of bounded size that forgets the least recently used entries. It has two halves: entries that were set or read
 * since the halves last changed places, and older ones. When the first half is full, the second is dropped and the
 * first takes its place. Names that strangers make up therefore push out only each other and unused entries, never one
 * that is in use. Reading a current entry costs no more than with a `Map`.
 */
export class RecentMap<Key, Value> {
  private current = new Map<Key, Value>();
  private older = new Map<Key, Value>();

  /** @param limit the most entries that it holds, 2 or more; the most recent half of them is always kept */
  constructor(private readonly limit: number) {}

  get size(): number {
    return this.current.size + this.older.size;
  }

  get(key: Key): Value | undefined {
    const value = this.current.get(key);
    if (value !== undefined || this.older.size === 0) return value;
    const old = this.older.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    this.older.delete(key);
    if (this.current.size >= this.limit / 2 && !this.current.has(key)) {
      this.older = this.current;
      this.current = new Map();
    }
    this.current.set(key, value);
  }

  delete(key: Key): void {
    this.current.delete(key);
    this.older.delete(key);
  }

  clear(): void {
    this.current.clear();
    this.older.clear();
  }
}
