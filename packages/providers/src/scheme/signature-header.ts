import { CANDIDATE_LIMIT } from '../signature-text';

/** How a header carries one or several signatures. */
export type SignatureHeader =
  /** The value is `<prefix><signature>`. */
  | { form: 'plain'; prefix?: string }
  /** A list such as `v1,<sig> v1,<sig>` or `v1=<sig>,v1=<sig>`: items with the prefix count, others are ignored. */
  | { form: 'list'; separator: string; prefix: string; prefixOptional?: boolean }
  /** Fields such as `t=1700000000,v1=<sig>,v1=<sig>`. Blanks around a field are ignored. */
  | { form: 'fields'; separator: string; signature: string; timestamp: string }
  /** The timestamp and then signatures: `1700000000,<sig>,<sig>`. */
  | { form: 'timestamp-first'; separator: string };

export interface ParsedSignatures {
  candidates: string[];
  timestamp: string | undefined;
}

/** Undefined when the header does not have its form or has no signature that counts. */
export function parseSignatures(value: string, header: SignatureHeader): ParsedSignatures | undefined {
  if (header.form === 'plain') {
    const prefix = header.prefix ?? '';
    if (!value.startsWith(prefix) || value.length === prefix.length) return undefined;
    return { candidates: [value.slice(prefix.length)], timestamp: undefined };
  }
  // A provider that writes `, ` between the items also means a list when the blank is missing.
  const items = value
    .split(header.separator.trim() || header.separator, CANDIDATE_LIMIT * 2)
    .map((item) => item.trim());
  if (header.form === 'list') {
    const candidates = items
      .filter((item) => item.startsWith(header.prefix) || (header.prefixOptional && item !== ''))
      .map((item) => (item.startsWith(header.prefix) ? item.slice(header.prefix.length) : item));
    return candidates.length > 0
      ? { candidates: candidates.slice(0, CANDIDATE_LIMIT), timestamp: undefined }
      : undefined;
  }
  if (header.form === 'timestamp-first') {
    const [timestamp, ...candidates] = items;
    return candidates.length > 0 ? { candidates: candidates.slice(0, CANDIDATE_LIMIT), timestamp } : undefined;
  }
  const candidates: string[] = [];
  let timestamp: string | undefined;
  for (const item of items) {
    const mark = item.indexOf('=');
    if (mark < 0) continue;
    const name = item.slice(0, mark);
    if (name === header.signature) candidates.push(item.slice(mark + 1));
    // A second timestamp is refused, because parsers differ in which of two counts.
    else if (name === header.timestamp) {
      if (timestamp !== undefined) return undefined;
      timestamp = item.slice(mark + 1);
    }
  }
  if (candidates.length === 0 || timestamp === undefined) return undefined;
  return { candidates: candidates.slice(0, CANDIDATE_LIMIT), timestamp };
}

export function formatSignature(signature: string, timestamp: string, header: SignatureHeader): string {
  if (header.form === 'fields') {
    return `${header.timestamp}=${timestamp}${header.separator}${header.signature}=${signature}`;
  }
  if (header.form === 'timestamp-first') return `${timestamp}${header.separator}${signature}`;
  return `${header.prefix ?? ''}${signature}`;
}
