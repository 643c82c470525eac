import { Duplex } from 'node:stream';
import type { Connector } from '../connector';
import { socketTransport } from '../socket-transport';
import type { Transport, TransportRequest, TransportResult } from '../transport';
import { undiciTransport } from '../undici-transport';
import { damagedResponse, Random, responses } from './testing/damaged-responses';

const full = process.env['PAGGIO_FULL'] !== undefined;
const CASES = full ? 1_000_000 : 4_000;

/** The connection of a server that sends these parts after the request, and ends. */
class Peer extends Duplex {
  bytesRead = 0;
  constructor(private readonly parts: readonly Buffer[]) {
    super();
  }
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
    this.answer();
  }
  override _writev(_chunks: unknown[], done: () => void): void {
    done();
    this.answer();
  }
  override _read(): void {}
  ref(): void {}
  unref(): void {}
  private answered = false;
  private answer(): void {
    if (this.answered) return;
    this.answered = true;
    setImmediate(() => {
      for (const part of this.parts) {
        this.bytesRead += part.length;
        this.push(part);
      }
      this.push(null);
    });
  }
}

function serving(parts: readonly Buffer[]): Connector {
  return { connect: async () => new Peer(parts) } as unknown as Connector;
}

const request = (method: string): TransportRequest => ({
  method,
  origin: 'http://peer.example',
  target: '/',
  headers: [],
  body: Buffer.from('x'),
  timeoutMs: 5_000,
});

async function answerOf(
  make: (connector: Connector) => Transport,
  method: string,
  parts: readonly Buffer[],
): Promise<TransportResult> {
  const transport = make(serving(parts));
  const result = await transport.send(request(method));
  await transport.close();
  return result;
}

/** What this transport refuses on purpose although undici may accept it, by what it says. */
const STRICTER = [
  // Other versions than HTTP/1.0 and HTTP/1.1, an empty line before the response, a control character in the reason.
  /no status line of HTTP/,
  /chunked is not the last Transfer-Encoding/,
  /Transfer-Encoding is not a list of codings/,
  /in a trailer/,
  // Some programs refuse it, and some take it for a part of the number.
  /a tab beside Content-Length/,
  /a chunk extension is malformed/,
  // Beyond 2^53.
  /(?:Content-Length|a chunk size) is too large/,
];
/** What undici refuses although it is HTTP, by what it says. The tests of `socket-transport` have these. */
const MORE_LENIENT = [
  // 100 Continue that nobody asked for (RFC 9110, 15.2).
  /^bad response$/,
  // An interim response whose connection ends with the final one.
  /Data after `Connection: close`/,
  // 204 and 304 have no body, whatever their Content-Length says (RFC 9112, 6.3).
  /^Response body length does not match content-length header$/,
];

// undici keeps spaces at the end of a value, which do not belong to it (RFC 9110, 5.5).
const trimmed = (value: string | string[]): string[] => [value].flat().map((one) => one.replace(/[ \t]+$/, ''));

const isOneOf = (reasons: RegExp[], { error }: TransportResult): boolean =>
  error !== null && reasons.some((reason) => reason.test(error.message));

const seen = ({ status, headers, body, truncated, error }: TransportResult): object => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, trimmed(value)])),
  body: body.toString('latin1'),
  truncated,
  failed: error !== null,
});

function divided(random: Random, bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = random.chance(0.5) ? bytes.length : 1 + random.below(random.chance(0.5) ? 4 : 40);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

test('an ordinary response means the same to both, in however many parts it comes', async () => {
  const random = new Random(7);
  for (const response of responses) {
    for (const parts of [[response], [...response].map((byte) => Buffer.from([byte])), divided(random, response)]) {
      const [ours, theirs] = await Promise.all([
        answerOf(socketTransport, 'POST', parts),
        answerOf(undiciTransport, 'POST', parts),
      ]);
      expect(seen(ours)).toEqual(seen(theirs));
      expect(ours.error?.code).toBe(theirs.error?.code);
    }
  }
});

test(
  'a damaged response never means more to this transport than to undici',
  async () => {
    const random = new Random(Number(process.env['PAGGIO_SEED'] ?? 1));
    const counts = { same: 0, failed: 0, excepted: 0 };
    for (let n = 0; n < CASES; n++) {
      const bytes = damagedResponse(random);
      const method = random.chance(0.1) ? 'HEAD' : 'POST';
      const parts = divided(random, bytes);
      const [ours, theirs] = await Promise.all([
        answerOf(socketTransport, method, parts),
        answerOf(undiciTransport, method, parts),
      ]);
      const what = JSON.stringify({ n, method, bytes: bytes.toString('latin1') });
      // For undici, a bare CR can end a line.
      const isStricter = isOneOf(STRICTER, ours) || (ours.error !== null && /\r(?!\n)/.test(bytes.toString('latin1')));
      if (isStricter || isOneOf(MORE_LENIENT, theirs)) counts.excepted++;
      else {
        const [mine, other] = [seen(ours), seen(theirs)].map((one) => JSON.stringify(one));
        if (mine !== other) throw new Error(`${what} means ${mine}, and to undici ${other}`);
        counts[ours.error === null ? 'same' : 'failed']++;
      }
    }
    // Otherwise the mutations are too weak or too strong to say anything.
    expect(counts.same).toBeGreaterThan(CASES / 20);
    expect(counts.failed).toBeGreaterThan(CASES / 20);
  },
  full ? 3_600_000 : 60_000,
);
