import type { EntityManager } from 'typeorm';
import type { Owner } from '../principal';
import { RecentMap } from '../flow/recent-map';
import type { Statements } from '../storage/statements';

/** The texts that the event index replaces by numbers, which are a third as long. There are few different ones. */
export type WordKind = 'owner' | 'source' | 'type';

/** The owner of words that belong to no owner in particular. */
const SHARED = 0;
const MAX_CACHED = 50_000;

/** The numbers of words. A number never changes, so what was once read is true for ever. */
export class Dictionary {
  private readonly known = new RecentMap<string, number>(MAX_CACHED);

  /** The number of an owner; undefined when nothing was indexed for it. */
  ownerOf(statements: Statements, owner: Owner): Promise<number | undefined> {
    return this.find(statements, SHARED, 'owner', ownerWord(owner));
  }

  async find(statements: Statements, owner: number, kind: WordKind, word: string): Promise<number | undefined> {
    const cached = this.known.get(nameOf(owner, kind, word));
    if (cached !== undefined) return cached;
    const rows = await statements.query<{ id: number }>(
      'select id from paggio.words where owner = $1 and kind = $2 and word = $3',
      [owner, kind, word],
    );
    return rows[0] && this.remember(owner, kind, word, rows[0].id);
  }

  /** The event types of an owner that begin with a prefix, at most `limit`. */
  async typesWith(statements: Statements, owner: number, prefix: string, limit: number): Promise<number[]> {
    const rows = await statements.query<{ id: number }>(
      `select id from paggio.words where owner = $1 and kind = 'type' and word >= $2 and starts_with(word, $2)
         and word < $3 order by word limit $4`,
      [owner, prefix, behind(prefix), limit],
    );
    return rows.map((row) => row.id);
  }

  /** Gives a number to every word of these events that has none yet. */
  async name(manager: EntityManager, eventIds: readonly string[]): Promise<void> {
    await manager.query(NAME_OWNERS_AND_SOURCES, [eventIds]);
    await manager.query(NAME_TYPES, [eventIds]);
  }

  private remember(owner: number, kind: WordKind, word: string, id: number): number {
    this.known.set(nameOf(owner, kind, word), id);
    return id;
  }
}

/** The word of an owner. */
export function ownerWord({ mode, userId }: Pick<Owner, 'mode' | 'userId'>): string {
  return `${mode}:${userId}`;
}

function nameOf(owner: number, kind: WordKind, word: string): string {
  return `${owner} ${kind} ${word}`;
}

/** The smallest text that is larger than every text with this prefix. */
function behind(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

const NAME_OWNERS_AND_SOURCES = `
  insert into paggio.words (owner, kind, word)
  select distinct 0, w.kind, w.word from paggio.events e
    cross join lateral (values ('owner', e.mode || ':' || e.user_id), ('source', e.source)) as w(kind, word)
  where e.id = any($1::uuid[]) order by 2, 3 on conflict do nothing`;

const NAME_TYPES = `
  insert into paggio.words (owner, kind, word)
  select distinct o.id, 'type', e.event_type from paggio.events e
    join paggio.words o on o.owner = 0 and o.kind = 'owner' and o.word = e.mode || ':' || e.user_id
  where e.id = any($1::uuid[]) and e.event_type is not null order by 1, 3 on conflict do nothing`;
