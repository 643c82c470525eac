/** One that waits. */
export interface Queued {
  /** What it costs: bytes. */
  size: number;
  /** When it came, on the monotonic clock, in milliseconds. */
  since: number;
}

/** What a member of a ring may be served before the next one's turn, in bytes. */
const QUANTUM = 16 * 1024;

/** Something that waits in a ring: a line, or a ring of its own. */
interface Member<Item> {
  length: number;
  bytes: number;
  /** Bytes that it may be served in this turn; below zero, what it owes. */
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
    // What was served is let go of at once; its place in the array when half of it is such places.
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
 * Its members are served in turn, each as many bytes as the others (surplus round robin: who was served more than a
 * quantum sits out until that is made up for). Adiseshu, Parulkar, Varghese: A Reliable and Scalable Striping Protocol, 1996.
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
    // Who is alone takes nothing from anybody, and owes nothing afterwards.
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

  /** Whose turn it is. */
  private current(): Of {
    for (;;) {
      const { member } = this.order[this.at] as { member: Of };
      // Nobody else is there to be served first.
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

/** How much it is: a number of events or of their results, and what they have in bytes. */
export interface Load {
  readonly length: number;
  readonly bytes: number;
}

/**
 * What waits, served fairly: users in turn, and the endpoints of a user in turn, each as many bytes as its neighbours. Who
 * sends very much waits behind himself alone. Within an endpoint it is first come, first served.
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

  /** What waits of a user; undefined: nothing. */
  ofUser(user: string): Load | undefined {
    return this.users.get(user);
  }

  /** What waits of an endpoint, since when, and what part of all service it gets; undefined: nothing. */
  ofEndpoint(user: string, endpoint: string): (Load & { since: number; share: number }) | undefined {
    const endpoints = this.users.get(user);
    const line = endpoints?.get(endpoint);
    if (!endpoints || !line) return undefined;
    const { length, bytes } = line;
    return { length, bytes, since: line.peek().since, share: 1 / (this.users.members * endpoints.members) };
  }

  /** Takes those whose turn it is: at most so many, and so many bytes unless the first alone is larger. */
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

  /** Takes those out that came before a time. */
  removeBefore(since: number): Item[] {
    return this.users.removeBefore(since);
  }
}
