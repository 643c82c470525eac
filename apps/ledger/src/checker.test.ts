import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, difference, type CheckInput, type Verdict } from './checker';
import { toLine, type Acknowledgement, type Receipt } from './ledger-file';
import { bodyOf, digestOf, type MessageKind } from './message';

const message: MessageKind = { seed: 5, sizes: 'usual' };
const sha256 = (n: number): string => digestOf(bodyOf(message, n));
const ack = (n: number, more: Partial<Acknowledgement> = {}): Acknowledgement => ({
  n,
  sha256: sha256(n),
  status: 200,
  eventId: `event-${n}`,
  at: 1_000,
  ...more,
});
const receipt = (n: number, more: Partial<Receipt> = {}): Receipt => ({
  n,
  sha256: sha256(n),
  outcome: 'accepted',
  eventId: `event-${n}`,
  originId: `event-${n}`,
  attempt: 1,
  at: 1_250,
  ...more,
});

let directory: string;

beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'paggio-checker-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function judge(
  acknowledged: Acknowledgement[],
  received: Receipt[],
  more: Partial<CheckInput> = {},
): Promise<Omit<Verdict, 'contradictions'>> {
  const [acknowledgedPath, receivedPath] = [join(directory, 'a'), join(directory, 'r')];
  writeFileSync(acknowledgedPath, acknowledged.map((one) => `${toLine(one)}\n`).join(''));
  writeFileSync(receivedPath, received.map((one) => `${toLine(one)}\n`).join(''));
  return check({
    acknowledgedPath,
    receivedPath,
    message,
    sent: 10,
    fateOf: async () => null,
    missing: async () => [],
    ...more,
  });
}

test('an event that is acknowledged and delivered once is neither lost, phantom nor duplicate', async () => {
  const verdict = await judge([ack(0), ack(1)], [receipt(0), receipt(1, { outcome: 'refused' }), receipt(1)]);
  expect(verdict).toMatchObject({
    acknowledged: 2,
    delivered: 2,
    lost: [],
    phantom: [],
    duplicates: 0,
    storedTwice: [],
    lagMs: { max: 250 },
  });
});

test('an acknowledged event that is neither delivered nor visible is lost; pending, failed and captured are visible', async () => {
  const refused = receipt(1, { outcome: 'refused' });
  expect(await judge([ack(0), ack(1)], [receipt(0), refused])).toMatchObject({ lost: ['event-1'], visible: 0 });
  const seen = await judge([ack(0), ack(1)], [receipt(0)], { fateOf: async () => 'pending' });
  expect(seen).toMatchObject({ lost: [], visible: 1 });
  // A promised replay counts too.
  expect(await judge([ack(0)], [receipt(0)], { promised: ['replay-1'] })).toMatchObject({ lost: ['replay-1'] });
});

test('an acknowledged event that was delivered from memory but is not in the database is lost', async () => {
  const missing = async (ids: readonly string[]): Promise<string[]> => ids.filter((id) => id === 'event-1');
  expect(await judge([ack(0), ack(1)], [receipt(0), receipt(1)], { missing })).toMatchObject({
    lost: ['event-1'],
    delivered: 2,
  });
});

test('a delivery with other bytes, or of an event that was never sent, is phantom; one without an acknowledgement is not', async () => {
  const others = receipt(0, { sha256: sha256(1) });
  expect((await judge([ack(0)], [receipt(0), others])).phantom).toHaveLength(1);
  expect((await judge([ack(0)], [receipt(0), receipt(10)])).phantom).toHaveLength(1);
  expect((await judge([ack(0)], [receipt(0), receipt(Number.NaN)])).phantom).toHaveLength(1);
  expect((await judge([ack(0)], [receipt(0), receipt(9)])).phantom).toEqual([]);
});

test('a second accepted delivery is a duplicate, and a replay is a separate event', async () => {
  const verdict = await judge([ack(0)], [receipt(0), receipt(0), receipt(0)]);
  expect(verdict).toMatchObject({ duplicated: 1, duplicates: 2 });
  const replay = receipt(0, { eventId: 'replay-1' });
  expect(await judge([ack(0)], [receipt(0), replay])).toMatchObject({ duplicates: 0, storedTwice: [] });
});

test('a message that became two events is stored twice', async () => {
  const second = receipt(0, { eventId: 'other', originId: 'other' });
  expect((await judge([ack(0)], [receipt(0), second])).storedTwice).toEqual(['message 0']);
});

test('the difference of two verdicts contains what the later one adds', async () => {
  const earlier = { ...(await judge([ack(0), ack(1)], [receipt(0), receipt(0)])), contradictions: ['a'] };
  const later = {
    ...(await judge([ack(0), ack(1), ack(2), ack(3)], [receipt(0), receipt(0), receipt(2), receipt(2), receipt(2)])),
    contradictions: ['a', 'b'],
  };
  expect(difference(earlier, later)).toMatchObject({
    acknowledged: 2,
    delivered: 1,
    lost: ['event-3'],
    phantom: [],
    duplicated: 1,
    duplicates: 2,
    contradictions: ['b'],
  });
});
