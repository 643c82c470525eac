import { randomBytes } from 'node:crypto';
import { formatId } from '../event-id';

/** Bytes at the beginning of a worker's id that its lease tokens begin with too. */
const PREFIX_BYTES = 8;

/**
 * Who a process is to others that deliver. Its lease tokens begin like its id, so anyone can tell whose a lease is. Its
 * connections hold an advisory lock with these bytes as the key for as long as they last (see `Takeovers`).
 */
export class WorkerIdentity {
  private readonly bytes = randomBytes(16);
  readonly id: string;
  private tokenCount = 0n;

  constructor() {
    // A UUID of version 8 (RFC 9562, 5.8). Processes of versions without the lock have ids of version 7.
    this.bytes[6] = ((this.bytes[6] as number) & 0x0f) | 0x80;
    this.bytes[8] = ((this.bytes[8] as number) & 0x3f) | 0x80;
    this.id = formatId(this.bytes);
  }

  /** The beginning of its id as text, up to the third hyphen. */
  get tokenPrefix(): string {
    return this.id.slice(0, 19);
  }

  /** A new lease token. */
  newToken(): Buffer {
    const token = Buffer.alloc(16);
    this.bytes.copy(token, 0, 0, PREFIX_BYTES);
    token.writeBigUInt64BE(++this.tokenCount, PREFIX_BYTES);
    return token;
  }

  /** The statement by which a session says that the process lives. Several sessions may hold the lock. */
  get livingSession(): string {
    return `select pg_catalog.pg_advisory_lock_shared(${this.bytes.readBigInt64BE(0)})`;
  }
}
