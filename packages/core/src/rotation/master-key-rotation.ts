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
  /** Values of this column that were encrypted anew so far. */
  done: number;
  /** Values of this column that another master key had encrypted at the beginning. */
  total: number;
}

export interface RotationOptions {
  /**
   * Counts, and changes nothing.
   * @default false
   */
  dryRun?: boolean;
  /**
   * How many values are encrypted anew in a second at most (1 to 1000000).
   * @default 2000
   */
  valuesPerSecond?: number;
  /** Called after each batch, and once for each column that has nothing to do. */
  onProgress?: (progress: RotationProgress) => void;
  /** Called once when another rotation is running: this one begins when that has ended. */
  onWait?: () => void;
  /**
   * Called once, with milliseconds, when a process had an older key as its current one a moment ago: the rotation waits so
   * long to see whether one still has.
   */
  onSilence?: (milliseconds: number) => void;
  /** Ends the rotation after the batch at hand. What it has done stays. */
  signal?: AbortSignal;
}

export interface RotationResult {
  /** Id of the current master key. */
  keyId: string;
  /** Ids of all given keys, the current one last. */
  keyIds: readonly string[];
  /** Values that were encrypted anew; with `dryRun`, that would be. */
  values: number;
  /** Values by the id of the master key that they were encrypted under. */
  byKeyId: ReadonlyMap<string, number>;
  /** Ids of the keys that nothing needs any more; empty with `dryRun`. */
  removable: readonly string[];
}

const ROTATION_LOCK = 7_236_611_894;
const LOCK_POLL_MS = 250;
/** How often it looks whether the writers that it waits for have finished, and for how long it waits at most. */
const WRITERS_POLL_MS = 50;
const WRITERS_MS = 60_000;
const DEFAULT_RATE = 2_000;
/** A batch is one statement. Small ones hold their rows for a moment only, and spread the load. */
const BATCHES_PER_SECOND = 10;
/** The first pass does the work and the next one finds nothing, unless another process goes on with an old key. */
const PASSES = 4;
/** Values that cannot be decrypted are counted, and so many of them named. */
const NAMED = 20;

/**
 * Encrypts everything that is stored under an older master key again under the current one, while other processes read
 * and write. It keeps no state: what is left to do is what another key has encrypted. So it can end at any moment, by a
 * signal or by the power supply, and goes on when it is run again.
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
   * @throws PaggioError `CONFLICT` when none of the keys is one of this database, when a value cannot be decrypted with
   *   them, or when a process goes on encrypting under an older key. Everything else has been encrypted anew by then.
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
      // Ending the session releases the lock, also when this process is killed.
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
   * Waits for every transaction that may hold a copy of an old value which nobody else can see yet. A copy that begins later
   * copies what the next pass finds, so a pass that finds nothing after this has seen everything.
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

  /** A process that goes on with an older key says so every few seconds: `conclude` must not come before it. */
  private async awaitSilence(since: Date, options: RotationOptions): Promise<void> {
    const dueMs = await this.register.silenceDueMs(since);
    if (dueMs === 0) return;
    options.onSilence?.(dueMs);
    await sleep(dueMs, undefined, { signal: options.signal });
  }

  /** Goes through all columns once. @returns the keys of the stale values it found, and what it could not decrypt */
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

  /** For each column: how many values other keys have encrypted, by the id of the key. */
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

  /** Rests after each page for as long as it took, so that one connection is busy for half of the time at most. */
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
  /** How many values could not be decrypted, and why not, for the first of them. */
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
 * Rotates the master key of a database, beside the processes that use it: encrypts everything again under the current key.
 * @throws PaggioError `VALIDATION_FAILED` for wrong arguments, `BAD_REQUEST` for wrong keys, `UNAVAILABLE` when the database does not answer, `CONFLICT` when its
 *   schema is behind, when a key is missing, or when a process goes on encrypting under an older key
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
      hint: 'Run it again: it goes on where it stopped.',
      cause: error,
    });
  } finally {
    await database.close();
  }
}
