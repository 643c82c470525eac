import { createHash } from 'node:crypto';
import { PaggioError } from '../errors';
import type { Owner } from '../principal';
import type { Statements } from './statements';

const IDEMPOTENCY_HOURS = 72;

export interface IdempotentRequest {
  operation: string;
  /** The key as the client sent it. Null makes every request a separate one. */
  key: string | null;
  /** What was asked for, as text. */
  request: string;
}

/**
 * Takes an idempotency key for `result` in the transaction that makes it. A second transaction with the same key waits
 * here for the first.
 * @returns the earlier result and its answer, or null when the key is new and `result` is to be made
 * @throws PaggioError `IDEMPOTENCY_KEY_CONFLICT` when the key came with another request
 */
export async function takeIdempotencyKey(
  statements: Statements,
  owner: Owner,
  { operation, key, request }: IdempotentRequest,
  result: string,
): Promise<{ result: string; answer: string | null } | null> {
  if (key === null) return null;
  const values = [owner.userId, owner.mode, operation, sha256(key)];
  const hash = sha256(request);
  const taken = await statements.query<unknown>(
    `insert into paggio.idempotency_keys as k (user_id, mode, operation, key, request, result, expires_at)
     values ($1, $2, $3, $4, $5, $6, now() + interval '${IDEMPOTENCY_HOURS} hours')
     on conflict (user_id, mode, operation, key) do update
       set request = excluded.request, result = excluded.result, answer = null, expires_at = excluded.expires_at where k.expires_at <= now()
     returning true`,
    [...values, hash, result],
  );
  if (taken.length > 0) return null;
  const [earlier] = await statements.query<{ request: string; result: string; answer: string | null }>(
    // As hex, because the setting `bytea_output` of the host's transaction decides about bytes.
    `select encode(request, 'hex') as request, result, answer from paggio.idempotency_keys where user_id = $1 and mode = $2 and operation = $3 and key = $4`,
    values,
  );
  if (earlier?.request === hash.toString('hex')) return { result: earlier.result, answer: earlier.answer };
  throw new PaggioError('IDEMPOTENCY_KEY_CONFLICT', 'This Idempotency-Key was used with another request', {
    hint: 'Use a new key for a new request.',
  });
}

/** Stores the answer, if one id does not say it all. Runs in the transaction that took the key. */
export async function keepAnswer(
  statements: Statements,
  owner: Owner,
  { operation, key }: IdempotentRequest,
  answer: string,
): Promise<void> {
  if (key === null) return;
  await statements.query(
    'update paggio.idempotency_keys set answer = $5 where user_id = $1 and mode = $2 and operation = $3 and key = $4',
    [owner.userId, owner.mode, operation, sha256(key), answer],
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
