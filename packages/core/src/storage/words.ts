import type { EntityManager } from 'typeorm';
import type { Owner } from '../principal';

/** What the event index has instead of text: numbers are a third as long, and there are few of them. */
export type WordKind = 'owner' | 'source' | 'type';

/** A word of no owner in particular. */
const SHARED = 0;
const MAX_CACHED = 50_000;

interface Runner {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/** The numbers of words. A number never changes, so what was once read is true for ever. */
export class Words {
  private readonly known = new Map<string, number>();

  /** The number of an owner; undefined when nothing was indexed for it. */
  ownerOf(runner: Runner, owner: Owner): Promise<number | undefined> {
    return this.find(runner, SHARED, 'owner', ownerWord(owner));
  }

  async find(runner: Runner, owner: number, kind: WordKind, word: string): Promise<number | undefined> {
    const cached = this.known.get(nameOf(owner, kind, word));
    if (cached !== undefined) return cached;
    const rows = (await runner.query('select id from paggio.words where owner = $1 and kind = $2 and word = $3', [
      owner,
      kind,
      word,
    ])) as { id: number }[];
    return rows[0] && this.remember(owner, kind, word, rows[0].id);
  }

  /** The event types of an owner that begin with a prefix, at most `limit`. */
  async typesWith(runner: Runner, owner: number, prefix: string, limit: number): Promise<number[]> {
    const rows = (await runner.query(
      `select id from paggio.words where owner = $1 and kind = 'type' and word >= $2 and starts_with(word, $2)
         and word < $3 order by word limit $4`,
      [owner, prefix, behind(prefix), limit],
    )) as { id: number }[];
    return rows.map((row) => row.id);
  }

  /** The numbers of words, which are given one where they have none yet. */
  async take(
    manager: EntityManager,
    wanted: readonly { owner: number; kind: WordKind; word: string }[],
  ): Promise<(owner: number, kind: WordKind, word: string) => number> {
    const missing = new Map(
      wanted
        .map((one) => [nameOf(one.owner, one.kind, one.word), one] as const)
        .filter(([name]) => !this.known.has(name)),
    );
    if (missing.size > 0) {
      const list = [...missing.values()];
      const values = [list.map((one) => one.owner), list.map((one) => one.kind), list.map((one) => one.word)];
      await manager.query(ADD, values);
      const rows = await manager.query<{ id: number; owner: number; kind: WordKind; word: string }[]>(LOOK_UP, values);
      for (const row of rows) this.remember(row.owner, row.kind, row.word, row.id);
    }
    return (owner, kind, word) => this.known.get(nameOf(owner, kind, word)) as number;
  }

  private remember(owner: number, kind: WordKind, word: string, id: number): number {
    if (this.known.size >= MAX_CACHED) this.known.clear();
    this.known.set(nameOf(owner, kind, word), id);
    return id;
  }
}

export function ownerWord({ mode, userId }: Owner): string {
  return `${mode}:${userId}`;
}

function nameOf(owner: number, kind: WordKind, word: string): string {
  return `${owner} ${kind} ${word}`;
}

/** The smallest text that is larger than every text with this prefix. */
function behind(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

const ADD = `
  insert into paggio.words (owner, kind, word) select * from unnest($1::int[], $2::text[], $3::text[]) on conflict do nothing`;

const LOOK_UP = `
  select w.id, w.owner, w.kind, w.word from unnest($1::int[], $2::text[], $3::text[]) as i(owner, kind, word)
    join paggio.words w using (owner, kind, word)`;
