import type { AcknowledgementSetting } from './endpoint';
import type { RetryPolicy } from './retry-policy';

/** The names of a policy's members in the database, which are those of the wire. */
const columns = {
  maxAttempts: 'max_attempts',
  baseSeconds: 'base_seconds',
  factor: 'factor',
  capSeconds: 'cap_seconds',
  floorSeconds: 'floor_seconds',
  jitter: 'jitter',
  scheduleSeconds: 'schedule_seconds',
  clientErrors: 'client_errors',
} as const;

type Member = keyof typeof columns;

/** A retry policy as the database has it, in a column of the type jsonb. */
export function toStoredRetry(policy: RetryPolicy): object {
  return Object.fromEntries(Object.entries(policy).map(([name, value]) => [columns[name as Member], value]));
}

/** Reads what `toStoredRetry` has written. */
export function fromStoredRetry(stored: object): RetryPolicy {
  const values = new Map<string, unknown>(Object.entries(stored));
  const members = (Object.keys(columns) as Member[]).filter((name) => values.has(columns[name]));
  return Object.fromEntries(members.map((name) => [name, values.get(columns[name])])) as unknown as RetryPolicy;
}

/** An acknowledgement as the database has it, in a column of the type jsonb. */
interface StoredAcknowledgement {
  status: number;
  content_type: string | null;
  body: string;
}

export function toStoredAcknowledgement({ status, contentType, body }: AcknowledgementSetting): StoredAcknowledgement {
  return { status, content_type: contentType, body };
}

/** Reads what `toStoredAcknowledgement` has written. */
export function fromStoredAcknowledgement(stored: object): AcknowledgementSetting {
  const { status, content_type: contentType, body } = stored as StoredAcknowledgement;
  return { status, contentType, body };
}
