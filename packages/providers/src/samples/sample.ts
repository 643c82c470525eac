import { randomBytes, randomUUID } from 'node:crypto';
import { aboutCode } from './code';
import { aboutMessages } from './messages';
import { aboutMoney } from './money';
import type { Make, SampleParts, Samples } from './sample-parts';
import { aboutWork } from './work';

/** An event as its provider would send it, still without a signature. The data is invented. */
export interface Sample {
  eventType: string;
  /** Names and values in turn. */
  rawHeaders: string[];
  body: Buffer;
  /** For schemes that sign a message id. */
  id: string;
}

const byProvider: Readonly<Record<string, Samples>> = { ...aboutMoney, ...aboutCode, ...aboutMessages, ...aboutWork };

/** The event types that have a sample, the most typical one first; empty for a provider without samples. */
export function sampleEventTypes(provider: string): string[] {
  return Object.hasOwn(byProvider, provider) ? Object.keys(byProvider[provider] as Samples) : [];
}

/**
 * A sample event of a provider, of the given type or else of the most typical one. Undefined when there is no sample.
 * @param eventType as events carry it: `invoice.paid`, `issues.opened`, `orders/create`
 */
export function sample(provider: string, eventType?: string, now = new Date()): Sample | undefined {
  const type = eventType ?? sampleEventTypes(provider)[0];
  if (type === undefined || !sampleEventTypes(provider).includes(type)) return undefined;
  const {
    headers = {},
    body,
    contentType = 'application/json',
  } = (byProvider[provider] as Samples)[type]?.(makeAt(now)) as SampleParts;
  return {
    eventType: type,
    rawHeaders: ['Content-Type', contentType, ...Object.entries(headers).flat()],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    id: `msg_${randomBytes(12).toString('hex')}`,
  };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function makeAt(now: Date): Make {
  const pick = (alphabet: string, length: number): string =>
    Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
  return {
    now,
    unix: Math.floor(now.getTime() / 1000),
    id: (prefix, length = 24) => prefix + pick(LETTERS, length),
    uuid: () => randomUUID(),
    digits: (length) => pick('123456789', length),
    hex: (length) => pick('0123456789abcdef', length),
  };
}
