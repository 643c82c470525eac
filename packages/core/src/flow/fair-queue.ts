/** An item that waits in the queue. */
export interface Queued {
  /** Cost of serving it, in bytes. */
  size: number;
  /** Arrival time on the monotonic clock, in milliseconds. */
  since: number;
}

/** Bytes of credit that a member of a ring gets in each round. */
const QUANTUM = 16 * 1024;

/** A member of a ring: a line, or another ring. */
interface Member<Item> {
  length: number;
  bytes: number;
  /** Bytes that it may still be served in this turn. Below zero, it owes them. */
  credit: number;
  peek(): Item;
  shift(): Item;
  removeBefore(since: number): Item[];
}

/** First come, first served. */
class Line<Item extends Queued> implements Member<Item> {
  bytes = 0;
  credit = QUANTUM;
  private items: (Item | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: Item): void {
    this.items.push(item);
    this.bytes += item.size;
  }

  peek(): Item {
    return this.items[this.head] as Item;
  }

  shift(): Item {
    const item = this.peek();
    this.bytes -= item.size;
    // Releases the item at once, but compacts the array only when more than half of it is empty.
    this.items[this.head++] = undefined;
    if (this.head > 1_024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  removeBefore(since: number): Item[] {
    const removed: Item[] = [];
    while (this.length > 0 && this.peek().since < since) removed.push(this.shift());
    return removed;
  }
}

/**
 * Serves its members in turn, each as many bytes as the others. This is surplus round robin: a member that was served
 * more than its credit is skipped until the credit is positive again. Adiseshu, Parulkar, Varghese: A Reliable and
 * Scalable Striping Protocol, 1996.
 */
class Ring<Item extends Queued, Of extends Member<Item>> implements Member<Item> {
  length = 0;
  bytes = 0;
  credit = QUANTUM;
  private readonly byName = new Map<string, Of>();
  private readonly order: { name: string; member: Of }[] = [];
  private at = 0;

  constructor(private readonly create: () => Of) {}

  get members(): number {
    return this.order.length;
  }

  get(name: string): Of | undefined {
    return this.byName.get(name);
  }

  push(name: string, size: number, into: (member: Of) => void): void {
    let member = this.byName.get(name);
    if (!member) {
      member = this.create();
      this.byName.set(name, member);
      this.order.push({ name, member });
    }
    into(member);
    this.length++;
    this.bytes += size;
  }

  peek(): Item {
    return this.current().peek();
  }

  shift(): Item {
    const member = this.current();
    const item = member.shift();
    // A member that is alone delays nobody, so it is not charged.
    if (this.order.length > 1) member.credit -= item.size;
    this.length--;
    this.bytes -= item.size;
    if (member.length === 0) this.remove(this.at);
    return item;
  }

  removeBefore(since: number): Item[] {
    const removed: Item[] = [];
    for (let index = this.order.length - 1; index >= 0; index--) {
      const { member } = this.order[index] as { member: Of };
      removed.push(...member.removeBefore(since));
      if (member.length === 0) this.remove(index);
    }
    this.length -= removed.length;
    for (const { size } of removed) this.bytes -= size;
    return removed;
  }

  /** Returns the member whose turn it is, and moves on past members without credit. */
  private current(): Of {
    for (;;) {
      const { member } = this.order[this.at] as { member: Of };
      // A member that is alone is served even without credit.
      if (member.credit > 0 || this.order.length === 1) return member;
      member.credit += QUANTUM;
      this.at = (this.at + 1) % this.order.length;
    }
  }

  private remove(index: number): void {
    const [removed] = this.order.splice(index, 1);
    if (removed) this.byName.delete(removed.name);
    if (index < this.at) this.at--;
    if (this.at >= this.order.length) this.at = 0;
  }
}

/** A number of events or results, and their size in bytes. */
export interface Load {
  readonly length: number;
  readonly bytes: number;
}

/**
 * Serves waiting items fairly: users in turn, and the endpoints of a user in turn, each as many bytes as the others. A
 * flood of one endpoint delays only that endpoint. Within an endpoint the order is first come, first served.
 */
export class FairQueue<Item extends Queued> {
  private readonly users = new Ring<Item, Ring<Item, Line<Item>>>(
    () => new Ring<Item, Line<Item>>(() => new Line<Item>()),
  );

  get length(): number {
    return this.users.length;
  }

  get bytes(): number {
    return this.users.bytes;
  }

  push(user: string, endpoint: string, item: Item): void {
    this.users.push(user, item.size, (endpoints) => endpoints.push(endpoint, item.size, (line) => line.push(item)));
  }

  /** The load that waits for a user; undefined if nothing does. */
  ofUser(user: string): Load | undefined {
    return this.users.get(user);
  }

  /**
   * The load that waits for an endpoint, the arrival time of its oldest item, and its part of the service (0 to 1).
   * Undefined if nothing waits.
   */
  ofEndpoint(user: string, endpoint: string): (Load & { since: number; share: number }) | undefined {
    const endpoints = this.users.get(user);
    const line = endpoints?.get(endpoint);
    if (!endpoints || !line) return undefined;
    const { length, bytes } = line;
    return { length, bytes, since: line.peek().since, share: 1 / (this.users.members * endpoints.members) };
  }

  /** Takes the items whose turn it is: at most `maxItems`, and `maxBytes` unless the first alone is larger. */
  take(maxItems: number, maxBytes: number): Item[] {
    const taken: Item[] = [];
    let bytes = 0;
    while (this.length > 0 && taken.length < maxItems) {
      bytes += this.users.peek().size;
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(this.users.shift());
    }
    return taken;
  }

  /** Removes and returns the items that arrived before `since`. */
  removeBefore(since: number): Item[] {
    return this.users.removeBefore(since);
  }
}
