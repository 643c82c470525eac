import type { CustomTypesConfig } from 'pg';

type Parse = (text: string) => unknown;

/**
 * Reads what our statements return, by the type of the column. The parsers of `pg.types` belong to the whole process: an
 * app may replace them, and then a timestamp is no longer a `Date`. Types that are not listed stay text, even `numeric`
 * and `bigint`, which a JavaScript number cannot hold.
 */
const parsers: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [16, toBoolean],
  [17, toBytes],
  [21, Number],
  [23, Number],
  [26, Number],
  [114, JSON.parse],
  [700, Number],
  [701, Number],
  [1000, arrayOf(toBoolean)],
  [1001, arrayOf(toBytes)],
  [1002, arrayOf(toText)],
  [1003, arrayOf(toText)],
  [1005, arrayOf(Number)],
  [1007, arrayOf(Number)],
  [1009, arrayOf(toText)],
  [1015, arrayOf(toText)],
  [1016, arrayOf(toText)],
  [1021, arrayOf(Number)],
  [1022, arrayOf(Number)],
  [1082, toText],
  [1114, toTime],
  [1115, arrayOf(toTime)],
  [1184, toTime],
  [1185, arrayOf(toTime)],
  [2951, arrayOf(toText)],
  [3802, JSON.parse],
]);

/** For the `types` of a client or of one statement. We never ask for results in the binary format. */
export const ownTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number) => parsers.get(oid) ?? toText) as CustomTypesConfig['getTypeParser'],
};

function toText(text: string): string {
  return text;
}

function toBoolean(text: string): boolean {
  return text === 't';
}

function toBytes(text: string): Buffer {
  if (!text.startsWith('\\x')) throw new Error('bytea_output is not hex');
  return Buffer.from(text.slice(2), 'hex');
}

const TIME = /^(\d{4,})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(?::?(\d\d))?)?$/;

/** Parses a time in the ISO style. A time without a zone is taken as UTC, the zone of our sessions. */
function toTime(text: string): Date | number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const [, year = '', month, day, time, hours, minutes = '00'] = TIME.exec(text) ?? [];
  const date = new Date(
    `${year.length > 4 ? `+${year.padStart(6, '0')}` : year}-${month}-${day}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`,
  );
  if (Number.isNaN(date.getTime())) throw new Error(`A timestamp is not in the ISO style: ${text}`);
  return date;
}

/** Parses arrays of one dimension, as our statements return them: `{a,"b ""c",NULL}`. */
function arrayOf<T>(parse: (text: string) => T): (text: string) => (T | null)[] {
  return (text) => {
    const values: (T | null)[] = [];
    for (const [, quoted, plain] of text.slice(1, -1).matchAll(ELEMENT)) {
      if (quoted !== undefined) values.push(parse(quoted.replace(/\\(.)/gs, '$1')));
      else values.push(plain === 'NULL' ? null : parse(plain ?? ''));
    }
    return values;
  };
}

const ELEMENT = /(?:"((?:[^"\\]|\\.)*)"|([^,]+))(?:,|$)/gs;
