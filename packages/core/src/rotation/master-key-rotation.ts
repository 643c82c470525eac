import { setTimeout as sleep } from 'node:timers/promises';
import { PaggioError, type ErrorDetail } from '../errors';
import { check, type Arguments } from '../input/check';
import { anyText, anything, members } from '../input/shape';
import { rotationOptions } from '../rules/shapes';
import { resolveOptions, type PaggioOptions } from '../options';
import { defaultTiming } from '../flow/timing';
import { Database } from '../storage/database';
import { MasterKeyRegister } from '../secrets/master-key-register';
import { sealedColumns, type SealedColumn } from './sealed-columns';
import { SealedValues, type Replacement, type StaleValue } from './sealed-values';
import { SecretBox } from '../secrets/secret-box';

export interface RotationProgress {
  table: string;
  column: string;
  /** Number of values in this column that were encrypted again so far. */
  done: number;
  /** Number of values in this column that another master key had encrypted at the beginning. */
  total: number;
}

export interface RotationOptions {
  /**
   * Counts the values and changes nothing.
   * @default false
   */
  dryRun?: boolean;
  /**
   * The most values that are encrypted again in a second (1 to 1000000).
   * @default 2000
   */
  valuesPerSecond?: number;
  /** Called after each batch, and once for each column that has nothing to do. */
  onProgress?: (progress: RotationProgress) => void;
  /** Called once when another rotation is running. This one begins when that one has ended. */
  onWait?: () => void;
  /**
   * Called once when a process used an older key as its current one a moment ago. The rotation waits for this many
   * milliseconds to see whether a process still does.
   */
  onSilence?: (milliseconds: number) => void;
  /** Ends the rotation after the current batch. Values that it has encrypted again stay so. */
  signal?: AbortSignal;
}

export interface RotationResult {
  /** Id of the current master key. */
  keyId: string;
  /** Ids of all given keys, the current one last. */
  keyIds: readonly string[];
  /** Number of values that were encrypted again, or with `dryRun` that would be. */
  values: number;
  /** Number of these values by the id of the master key that they were encrypted under. */
  byKeyId: ReadonlyMap<string, number>;
  /** Ids of the keys that nothing needs any more. Empty with `dryRun`. */
  removable: readonly string[];
}

const ROTATION_LOCK = 7_236_611_894;
const LOCK_POLL_MS = 250;
/** How often the rotation checks whether the writers that it waits for have finished, and how long it waits at most. */
const WRITERS_POLL_MS = 50;
const WRITERS_MS = 60_000;
const DEFAULT_RATE = 2_000;
/** A batch is one statement. Small batches lock their rows only briefly, and spread the load. */
const BATCHES_PER_SECOND = 10;
/** The first pass does the work. The next one finds nothing, unless another process still encrypts with an old key. */
const PASSES = 4;
/** Values that cannot be decrypted are counted, and at most this many of them are named. */
const NAMED = 20;

/**
 * Encrypts everything that is stored under an older master key again under the current one, while other processes read
 * and write. It keeps no state, because the values that another key has encrypted are the work that is left. So it can
 * be interrupted at any moment, even by a power failure, and continues when it is run again.
 */
export class MasterKeyRotation {
  private readonly register: MasterKeyRegister;

  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    attendMs = defaultTiming.attendMs,
    private readonly columns: readonly SealedColumn[] = sealedColumns,
  ) {
    this.register = new MasterKeyRegister(database, box, attendMs);
  }

  /**
   * Runs the rotation.
   * @throws PaggioError `CONFLICT` when none of the keys belongs to this database, when a value cannot be decrypted
   * with them, or when a process still encrypts under an older key. Everything else has been encrypted again by then.
   */
  async run(options: RotationOptions = {}): Promise<RotationResult> {
    if (options.dryRun) return this.result(await this.count(options), []);
    const lock = this.database.client('boot');
    await lock.connect();
    try {
      let waits = false;
      for (;;) {
        const { rows } = await lock.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
          ROTATION_LOCK,
        ]);
        if (rows[0]?.held) break;
        if (!waits) options.onWait?.();
        waits = true;
        await sleep(LOCK_POLL_MS, undefined, { signal: options.signal });
      }
      return await this.rotate(options);
    } finally {
      // The end of the session releases the lock, even if this process is killed.
      await lock.end().catch(() => undefined);
    }
  }

  private async rotate(options: RotationOptions): Promise<RotationResult> {
    const since = await this.register.enterForRotation();
    const counts = await this.count(options);
    const totals = new Map(this.columns.map((column, index) => [column, sum(counts[index])]));
    for (let pass = 1; ; pass++) {
      await this.awaitCopies(options);
      const seen = await this.pass(totals, options);
      if (seen.unreadable > 0) throw unreadable(seen);
      if (seen.keyIds.size === 0) break;
      if (pass === PASSES) throw stillWritten([...seen.keyIds], this.box.keyId);
    }
    await this.awaitSilence(since, options);
    return this.result(counts, await this.register.conclude(since));
  }

  /**
   * Waits for every transaction that may hold a copy of an old value which nobody else can see yet. A copy that begins
   * later has the values that the next pass finds, so a later pass that finds nothing has seen everything.
   */
  private async awaitCopies({ signal }: RotationOptions): Promise<void> {
    const tables = this.columns.filter(({ copied }) => copied).map(({ table }) => `paggio.${table}`);
    let before = await this.writersOf(tables);
    const deadline = performance.now() + WRITERS_MS;
    while (before.length > 0) {
      if (performance.now() > deadline) throw openTransaction(tables);
      await sleep(WRITERS_POLL_MS, undefined, { signal });
      const now = new Set(await this.writersOf(tables));
      before = before.filter((id) => now.has(id));
    }
  }

  /** Ids of the open transactions that have written to these tables, or are about to. */
  private async writersOf(tables: readonly string[]): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(
      `select distinct virtualtransaction as id from pg_locks
       where locktype = 'relation' and relation = any($1::regclass[]) and mode = 'RowExclusiveLock'
         and database = (select oid from pg_database where datname = current_database())`,
      [tables],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Waits because a process that still uses an older key names it every few seconds, and `conclude` must come after
   * that.
   */
  private async awaitSilence(since: Date, options: RotationOptions): Promise<void> {
    const dueMs = await this.register.silenceDueMs(since);
    if (dueMs === 0) return;
    options.onSilence?.(dueMs);
    await sleep(dueMs, undefined, { signal: options.signal });
  }

  /**
   * Goes through all columns once. Returns the keys of the stale values, and the values that could not be decrypted.
   */
  private async pass(totals: ReadonlyMap<SealedColumn, number>, options: RotationOptions): Promise<Seen> {
    const rate = options.valuesPerSecond ?? DEFAULT_RATE;
    const batch = Math.max(1, Math.ceil(rate / BATCHES_PER_SECOND));
    const seen: Seen = { keyIds: new Set(), unreadable: 0, named: [] };
    for (const column of this.columns) {
      const values = new SealedValues(this.database, column, this.box);
      const total = totals.get(column) ?? 0;
      let done = 0;
      options.onProgress?.({ table: column.table, column: column.column, done, total });
      for await (const page of this.calmly(values.pages(), options)) {
        const replacements = page.flatMap((value) => this.encrypted(column, value, seen));
        for (let from = 0; from < replacements.length; from += batch) {
          const startedAt = performance.now();
          const part = replacements.slice(from, from + batch);
          done += await values.replace(part);
          options.onProgress?.({ table: column.table, column: column.column, done, total: Math.max(done, total) });
          const dueMs = (part.length / rate) * 1_000;
          await sleep(Math.max(0, dueMs - (performance.now() - startedAt)), undefined, { signal: options.signal });
        }
      }
    }
    return seen;
  }

  private encrypted(column: SealedColumn, value: StaleValue, seen: Seen): Replacement[] {
    try {
      const becomes = this.box.seal(this.box.open(value.sealed, value.place), value.place);
      seen.keyIds.add(value.keyId ?? 'unknown');
      return [{ ...value, becomes }];
    } catch (error) {
      const field = `${column.table}.${column.column} of ${value.key.join(', ')}`;
      if (++seen.unreadable <= NAMED)
        seen.named.push({ field, message: error instanceof Error ? error.message : String(error) });
      return [];
    }
  }

  /** Counts, for each column, the values that other keys have encrypted, by the id of the key. */
  private async count(options: RotationOptions): Promise<Map<string, number>[]> {
    const counts: Map<string, number>[] = [];
    for (const column of this.columns) {
      const count = new Map<string, number>();
      for await (const page of this.calmly(new SealedValues(this.database, column, this.box).pages(), options)) {
        for (const { keyId } of page) count.set(keyId ?? 'unknown', (count.get(keyId ?? 'unknown') ?? 0) + 1);
      }
      counts.push(count);
    }
    return counts;
  }

  /** Rests after each page for as long as the page took, so that a connection is busy for at most half of the time. */
  private async *calmly(
    pages: AsyncGenerator<StaleValue[]>,
    { signal }: RotationOptions,
  ): AsyncGenerator<StaleValue[]> {
    let startedAt = performance.now();
    for await (const page of pages) {
      const tookMs = performance.now() - startedAt;
      yield page;
      await sleep(tookMs, undefined, { signal });
      startedAt = performance.now();
    }
  }

  private result(counts: readonly Map<string, number>[], removable: readonly string[]): RotationResult {
    const byKeyId = new Map<string, number>();
    for (const count of counts)
      for (const [keyId, values] of count) byKeyId.set(keyId, (byKeyId.get(keyId) ?? 0) + values);
    const { keyId, keyIds } = this.box;
    return { keyId, keyIds, values: sum(byKeyId), byKeyId, removable };
  }
}

interface Seen {
  keyIds: Set<string>;
  /** How many values could not be decrypted. `named` has the first of them with their errors. */
  unreadable: number;
  named: ErrorDetail[];
}

function sum(counts: ReadonlyMap<string, number> | undefined): number {
  return [...(counts?.values() ?? [])].reduce((total, count) => total + count, 0);
}

function unreadable({ unreadable: count, named }: Seen): PaggioError {
  const lines = named.map(({ field, message }) => `${field}: ${message}`);
  if (count > lines.length) lines.push(`and ${count - lines.length} more`);
  return new PaggioError('CONFLICT', `${count} stored secrets cannot be decrypted with the given master keys`, {
    hint: `All others are encrypted under the current key. Add the missing key to PAGGIO_MASTER_KEY_PREVIOUS (previousMasterKeys), or set these secrets again, then run this again:\n  ${lines.join('\n  ')}`,
    details: named,
  });
}

function openTransaction(tables: readonly string[]): PaggioError {
  return new PaggioError('CONFLICT', `A transaction that writes to ${tables.join(' and ')} stays open`, {
    hint: 'It may hold values under an older key that nobody else can see yet. End it (pg_stat_activity shows it), then run this again.',
  });
}

function stillWritten(keyIds: readonly string[], current: string): PaggioError {
  return new PaggioError('CONFLICT', `Values are still being encrypted under ${keyIds.join(' and ')}`, {
    hint: `A process has that key as its current one. Start every process with ${current} as its current master key, then run this again.`,
  });
}

const rotationArguments: Arguments = [
  ['keys', members({ url: anyText, masterKey: anything, previousMasterKeys: anything })],
  ['options', rotationOptions],
];

/**
 * Rotates the master key of a database while other processes use it. It encrypts everything again under the current
 * key.
 * @throws PaggioError `VALIDATION_FAILED` for wrong arguments, `BAD_REQUEST` for wrong keys, `UNAVAILABLE` when the
 * database does not answer, `CONFLICT` when its schema is too old, when a key is missing, or when a process still
 * encrypts under an older key
 */
export async function rotateMasterKey(
  keys: { url: string } & Pick<PaggioOptions, 'masterKey' | 'previousMasterKeys'>,
  options: RotationOptions = {},
): Promise<RotationResult> {
  check(rotationArguments, [keys, options]);
  const { url, ...given } = keys;
  const resolved = resolveOptions({ ...given, database: { url }, migrations: 'check' });
  const database = new Database(resolved);
  await database.open();
  try {
    const box = new SecretBox(resolved.masterKey, resolved.previousMasterKeys);
    return await new MasterKeyRotation(database, box).run(options);
  } catch (error) {
    if (error instanceof PaggioError || options.signal?.aborted) throw error;
    throw new PaggioError('UNAVAILABLE', `The rotation was interrupted: ${(error as Error).message}`, {
      hint: 'Run it again: it continues where it stopped.',
      cause: error,
    });
  } finally {
    await database.close();
  }
}
