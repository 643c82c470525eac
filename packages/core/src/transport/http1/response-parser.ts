import { HeadersTooLarge, InvalidResponse } from './invalid-response';
import { checkTrailer, parseHead, type ResponseHead } from './response-head';

/** All heads and trailers of one response together, interim responses included. */
const HEAD_LIMIT = 64 * 1024;
const CHUNK_LINE_LIMIT = 4 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NEW_LINE = 0x0a;
/** A size in hex, and what follows it. */
const CHUNK_SIZE = /^([0-9a-fA-F]+)(;.*)?$/;
/** Extensions, which mean nothing here (RFC 9112, 7.1.1). */
const EXTENSIONS =
  /^(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)+$/;

/** What a parser finds. */
export interface ResponseSink {
  /** The head of the final response. Interim responses are skipped. */
  onHead(head: ResponseHead): void;
  /** The bytes are valid only during the call. */
  onBody(part: Buffer): void;
}

type State = 'head' | 'length' | 'close' | 'size' | 'chunk' | 'chunk-end' | 'trailer' | 'done';

/**
 * Reads responses of HTTP/1.0 and HTTP/1.1 from the bytes of a connection, one after another. It refuses every response
 * whose end another program could see elsewhere (RFC 9112, 6.3 and 11.2).
 */
export class ResponseParser {
  private state: State = 'done';
  private method = '';
  private began = false;
  /** Parts of an unfinished head. */
  private parts: Buffer[] = [];
  private partsSize = 0;
  private headSize = 0;
  /** An unfinished line. */
  private line = '';
  /** Bytes of the body, or of the chunk, that are still to come. */
  private left = 0;

  constructor(private readonly sink: ResponseSink) {}

  /** Begins the response to a request with this method. */
  begin(method: string): void {
    this.method = method;
    this.began = false;
    this.headSize = 0;
    this.state = 'head';
  }

  /** Whether any byte of the response has come. */
  get hasBegun(): boolean {
    return this.began;
  }

  /** Whether the end of the connection is the end of the response. */
  get endsWithConnection(): boolean {
    return this.state === 'close';
  }

  /**
   * Reads what has come. The bytes may change after the call.
   * @returns how many bytes belong to the response when this completes it, or -1 when more is to come
   * @throws InvalidResponse, HeadersTooLarge
   */
  take(bytes: Buffer): number {
    this.began = true;
    let at = 0;
    for (;;) {
      if (this.state === 'done') return at;
      if (at >= bytes.length) return -1;
      if (this.state === 'head') at = this.takeHead(bytes, at);
      else if (this.state === 'length' || this.state === 'chunk') at = this.takeBody(bytes, at);
      else if (this.state === 'close') {
        this.sink.onBody(at === 0 ? bytes : bytes.subarray(at));
        return -1;
      } else at = this.takeLine(bytes, at);
    }
  }

  private takeHead(bytes: Buffer, at: number): number {
    const { parts } = this;
    const first = parts.length === 0;
    // The empty line may have begun in the bytes before these.
    const kept = first ? 0 : Math.min(3, this.partsSize);
    const seen = first ? bytes : Buffer.concat([this.lastBytes(kept), bytes]);
    const found = seen.indexOf(END_OF_HEAD, first ? at : 0);
    const end = found < 0 ? bytes.length : found + END_OF_HEAD.length - kept;
    this.headSize += end - at;
    if (this.headSize > HEAD_LIMIT) throw new HeadersTooLarge();
    if (found < 0) {
      parts.push(Buffer.from(bytes.subarray(at)));
      this.partsSize += end - at;
      if (parts.length < 8) this.refuseForeign();
      // Each part costs a hundred times as much as a byte.
      if (parts.length > 64) this.parts = [Buffer.concat(parts)];
      return end;
    }
    let text: string;
    if (first) text = bytes.toString('latin1', at, found);
    else {
      parts.push(bytes.subarray(at, end));
      text = Buffer.concat(parts).toString('latin1');
      text = text.slice(0, text.length - END_OF_HEAD.length);
      this.parts = [];
      this.partsSize = 0;
    }
    this.applyHead(parseHead(text, this.method));
    return end;
  }

  private applyHead(head: ResponseHead): void {
    const { status, framing } = head;
    if (status === 101) throw new InvalidResponse('101 without a request for an upgrade');
    // The final response follows (RFC 9110, 15.2).
    if (status < 200) return;
    this.sink.onHead(head);
    if (framing.kind === 'none') this.state = 'done';
    else if (framing.kind === 'close') this.state = 'close';
    else if (framing.kind === 'chunked') this.state = 'size';
    else {
      this.left = framing.length;
      this.state = 'length';
    }
  }

  /** Something that does not speak HTTP is refused by its first bytes, before the deadline. */
  private refuseForeign(): void {
    const start = Buffer.concat(this.parts).subarray(0, 7).toString('latin1');
    if (!'HTTP/1.'.startsWith(start)) throw new InvalidResponse('no status line of HTTP/1.0 or HTTP/1.1');
  }

  private takeBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.left);
    this.left -= end - at;
    if (this.left === 0) this.state = this.state === 'length' ? 'done' : 'chunk-end';
    this.sink.onBody(bytes.subarray(at, end));
    return end;
  }

  private takeLine(bytes: Buffer, at: number): number {
    const found = bytes.indexOf(NEW_LINE, at);
    this.line += bytes.toString('latin1', at, found < 0 ? bytes.length : found);
    if (this.line.length > CHUNK_LINE_LIMIT && this.state !== 'trailer')
      throw new InvalidResponse('a chunk size line is too long');
    if (this.headSize + this.line.length > HEAD_LIMIT) throw new HeadersTooLarge();
    if (found < 0) return bytes.length;
    const { line } = this;
    this.line = '';
    if (!line.endsWith('\r')) throw new InvalidResponse('a line of a chunk ends without CR');
    this.applyLine(line.slice(0, -1));
    return found + 1;
  }

  private applyLine(line: string): void {
    if (this.state === 'chunk-end') {
      if (line !== '') throw new InvalidResponse('a chunk is longer than its size');
      this.state = 'size';
    } else if (this.state === 'size') {
      const [, size, extensions] = CHUNK_SIZE.exec(line) ?? [];
      if (size === undefined) throw new InvalidResponse('a chunk has no size');
      if (extensions !== undefined && !EXTENSIONS.test(extensions))
        throw new InvalidResponse('a chunk extension is malformed');
      // Otherwise a body of 64 KiB could come with any amount of them.
      this.headSize += extensions?.length ?? 0;
      this.left = Number.parseInt(size, 16);
      if (!Number.isSafeInteger(this.left)) throw new InvalidResponse('a chunk size is too large');
      this.state = this.left === 0 ? 'trailer' : 'chunk';
    } else if (line === '') this.state = 'done';
    else {
      this.headSize += line.length + 2;
      checkTrailer(line);
    }
  }

  private lastBytes(count: number): Buffer {
    const last: Buffer[] = [];
    for (let i = this.parts.length - 1, left = count; left > 0; i--) {
      const part = this.parts[i] as Buffer;
      const piece = part.subarray(Math.max(0, part.length - left));
      last.unshift(piece);
      left -= piece.length;
    }
    return Buffer.concat(last);
  }
}
