import { PaggioError } from '../errors';
import type { Database } from '../storage/database';
import { sealedUnder, type SecretBox } from './secret-box';

const TEXT = 'paggio master key';
/** No process uses a key that none has named for this many times `attendMs`. */
const SILENT = 2.5;

/**
 * Columns with a value for each master key in use. Rotation replaces them last, so they are not among the sealed
 * columns.
 */
export const checkColumns: readonly string[] = ['state.master_key_check', 'master_keys.sealed'];

/**
 * The list of master keys that values in the database may be encrypted under. Every process adds its current key before
 * it encrypts anything, and refuses to start if it lacks a key of the list. So a key cannot be removed too early, and a
 * process cannot restart with keys that are no longer enough.
 */
export class MasterKeyRegister {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly attendMs: number,
  ) {}

  /**
   * Call this before anything is encrypted.
   * @throws PaggioError `CONFLICT` when a key is missing: some stored secrets would be unreadable
   */
  async enter(): Promise<void> {
    await this.checkFirstKey();
    this.requireAll(await this.keys());
    await this.add();
  }

  /**
   * Call this every `attendMs` while the process runs. It keeps the current key in the list, so that no rotation
   * declares the key removable while this process encrypts with it.
   * @throws PaggioError `CONFLICT` when another process encrypts with a key that is missing here, or when a rotation
   * has removed the current key from the list; the key is in the list again by then
   */
  async attend(): Promise<void> {
    const { inserted, keys } = await this.add();
    if (inserted) {
      throw new PaggioError(
        'CONFLICT',
        `This process encrypts with the master key ${this.box.keyId}, which was replaced`,
        {
          hint: `Start it with the new key as the current one and ${this.box.keyId} as a previous one, then run paggio rotate-master-key again. Until then keep ${this.box.keyId} among the previous keys of every process.`,
        },
      );
    }
    this.requireAll(keys);
  }

  /**
   * How long to wait, in milliseconds, until every process that still encrypts with another key must have named it. It
   * is also zero when a process has named one after `since`, because `conclude` then refuses.
   */
  async silenceDueMs(since: Date): Promise<number> {
    const [row] = await this.database.rows<{ ms: number | null }>(
      `select extract(epoch from max(entered_at) - clock_timestamp())::float8 * 1000 + $2 as ms
       from paggio.master_keys where id <> $1 having max(entered_at) < $3`,
      [this.box.keyId, SILENT * this.attendMs, since],
    );
    return Math.max(0, Math.ceil(row?.ms ?? 0));
  }

  /**
   * Does the same as `enter` for a rotation. A rotation looks at every value itself, so a key that nothing needs may be
   * missing.
   * @returns the time of the database
   * @throws PaggioError `CONFLICT` when none of the keys belongs to this database
   */
  async enterForRotation(): Promise<Date> {
    await this.checkFirstKey();
    await this.add();
    const [row] = await this.database.rows<{ now: Date }>('select clock_timestamp() as now');
    return row?.now as Date;
  }

  /**
   * Call this when nothing is encrypted under another key any more. From then on the current key is enough.
   * @param since when the rotation began
   * @returns ids of the keys that are no longer needed
   * @throws PaggioError `CONFLICT` when a process has named another current key since then, because it encrypts with
   * that key
   */
  async conclude(since: Date): Promise<string[]> {
    const { keyId } = this.box;
    return this.database.source.transaction(async (manager) => {
      await manager.query('lock table paggio.master_keys in share row exclusive mode');
      const others = await manager.query<{ id: string; late: boolean }[]>(
        'select id, entered_at >= $2 as late from paggio.master_keys where id <> $1 order by id',
        [keyId, since],
      );
      const late = others.find((one) => one.late);
      if (late) {
        throw new PaggioError('CONFLICT', `A process has ${late.id} as its current master key`, {
          hint: `Start every process with ${keyId} as the current key, then run this again.`,
        });
      }
      const [before] = await manager.query<{ sealed: string }[]>('select master_key_check as sealed from paggio.state');
      await manager.query('update paggio.state set master_key_check = $1', [this.box.seal(TEXT, STATE_PLACE)]);
      await manager.query('delete from paggio.master_keys where id <> $1', [keyId]);
      const gone = new Set([...others.map(({ id }) => id), sealedUnder(before?.sealed ?? '') ?? keyId]);
      gone.delete(keyId);
      return [...gone];
    });
  }

  /** Checks the key of the first start, which is the only one that versions before this register knew. */
  private async checkFirstKey(): Promise<void> {
    await this.database.source.query('update paggio.state set master_key_check = $1 where master_key_check is null', [
      this.box.seal(TEXT, STATE_PLACE),
    ]);
    const [row] = await this.database.rows<{ sealed: string }>('select master_key_check as sealed from paggio.state');
    if (row && this.fits(row.sealed, STATE_PLACE)) return;
    throw new PaggioError('CONFLICT', 'This database was set up with another master key', {
      hint: `Start with that key (PAGGIO_MASTER_KEY, or the file master-key in the data directory), or add it to PAGGIO_MASTER_KEY_PREVIOUS to change to another one. Its id is ${sealedUnder(row?.sealed ?? '') ?? 'unknown'}. ${this.given()}`,
    });
  }

  private requireAll(keys: readonly RegisteredKey[]): void {
    for (const { id, sealed } of keys) {
      if (this.box.keyIds.includes(id) && this.fits(sealed, keyPlace(id))) continue;
      throw new PaggioError(
        'CONFLICT',
        `Stored secrets may be encrypted under the master key ${id}, which is missing`,
        {
          hint: `Add that key to PAGGIO_MASTER_KEY_PREVIOUS (previousMasterKeys). If nobody has it, run paggio rotate-master-key: it says whether anything needs it. ${this.given()}`,
        },
      );
    }
  }

  private fits(sealed: string, place: string): boolean {
    try {
      return this.box.open(sealed, place) === TEXT;
    } catch {
      return false;
    }
  }

  private keys(): Promise<RegisteredKey[]> {
    return this.database.rows('select id, sealed from paggio.master_keys order by id');
  }

  /** Adds the current key, or notes that it is in use. Returns whether it was missing from the list, and the list. */
  private async add(): Promise<{ inserted: boolean; keys: RegisteredKey[] }> {
    const { keyId } = this.box;
    const [row] = await this.database.rows<{ inserted: boolean; keys: RegisteredKey[] | null }>(
      `with added as (
         insert into paggio.master_keys as k (id, sealed, entered_at) values ($1, $2, clock_timestamp())
         on conflict (id) do update set entered_at = clock_timestamp()
         returning k.xmax = 0 as inserted
       )
       select inserted, (select json_agg(json_build_object('id', id, 'sealed', sealed) order by id) from paggio.master_keys) as keys
       from added`,
      [keyId, this.box.seal(TEXT, keyPlace(keyId))],
    );
    return { inserted: row?.inserted ?? false, keys: row?.keys ?? [] };
  }

  private given(): string {
    return `Key ids here: ${this.box.keyIds.join(', ')}.`;
  }
}

interface RegisteredKey {
  id: string;
  sealed: string;
}

const STATE_PLACE = 'paggio|state|1|master_key_check';

function keyPlace(id: string): string {
  return `paggio|master_keys|${id}|sealed`;
}
