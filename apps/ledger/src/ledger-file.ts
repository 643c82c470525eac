import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/**
 * A file with a line per acknowledgement, which counts only once it is on disk (fsync). Lines are written in groups.
 */
export class LedgerFile {
  private lines: string[] = [];
  private waiting: (() => void)[] = [];
  private writing = false;

  private constructor(private readonly file: FileHandle) {}

  static async create(path: string): Promise<LedgerFile> {
    return new LedgerFile(await open(path, 'a'));
  }

  /** Resolves when the line is on disk. */
  append(line: string): Promise<void> {
    this.lines.push(line);
    const done = new Promise<void>((resolve) => this.waiting.push(resolve));
    if (!this.writing) void this.write();
    return done;
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async write(): Promise<void> {
    this.writing = true;
    while (this.lines.length > 0) {
      const text = `${this.lines.join('\n')}\n`;
      const waiting = this.waiting;
      this.lines = [];
      this.waiting = [];
      await this.file.writeFile(text);
      await this.file.datasync();
      for (const done of waiting) done();
    }
    this.writing = false;
  }
}

/** A log without fsync, because the process that writes it is never killed. */
export function createLog(path: string): WriteStream {
  return createWriteStream(path, { flags: 'a' });
}

/** One acknowledgement: a complete 2xx. */
export interface Acknowledgement {
  n: number;
  sha256: string;
  status: number;
  eventId: string;
  /** Milliseconds since 1970, by the clock that all processes of the machine share. */
  at: number;
}

/** How a request ended at the destination. */
export type Outcome =
  /** A 2xx was written in full. */
  | 'accepted'
  /** Another status was written. */
  | 'refused'
  /** It was received, and deliberately not answered. */
  | 'unanswered';

/** One complete request at the destination. */
export interface Receipt {
  n: number;
  sha256: string;
  outcome: Outcome;
  eventId: string;
  /** The header `webhook-id`: the id of the first original. For a replay, that is the id of another event. */
  originId: string;
  attempt: number;
  at: number;
}

export function toLine(entry: Acknowledgement | Receipt): string {
  return 'outcome' in entry
    ? `${entry.n} ${entry.sha256} ${entry.outcome} ${entry.eventId} ${entry.originId} ${entry.attempt} ${entry.at}`
    : `${entry.n} ${entry.sha256} ${entry.status} ${entry.eventId} ${entry.at}`;
}

export async function* readAcknowledgements(path: string): AsyncGenerator<Acknowledgement> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [n, sha256 = '', status, eventId = '', at] = line.split(' ');
    yield { n: Number(n), sha256, status: Number(status), eventId, at: Number(at) };
  }
}

export async function* readReceipts(path: string): AsyncGenerator<Receipt> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [n, sha256 = '', outcome, eventId = '', originId = '', attempt, at] = line.split(' ');
    yield {
      n: Number(n),
      sha256,
      outcome: outcome as Outcome,
      eventId,
      originId,
      attempt: Number(attempt),
      at: Number(at),
    };
  }
}
