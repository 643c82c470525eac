/**
 * A map of bounded size that forgets the entries which were not used for longest. It holds two halves: entries that were
 * set or read since the halves last changed places, and older ones. When the first half is full, the second is dropped
 * and the first takes its place. So strangers who make up names push out each other and what nobody uses, never what is
 * in use; and a read of a current entry costs no more than that of a `Map`.
 */
export class RecentMap<Key, Value> {
  private current = new Map<Key, Value>();
  private older = new Map<Key, Value>();

  /** @param limit how many entries it holds at most, from 2 on; at least half as many are kept */
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
