import type { Paggio, Principal, Scope } from '@paggio/core';
import type { Answer } from './answer';

/** A management request, the same through every door. */
export interface ApiRequest {
  method: string;
  /** Without query, relative to the mount path. */
  path: string;
  /** Without the question mark. */
  query: string;
  /** Every `Authorization` header. */
  authorization: readonly string[];
  /** Every `Idempotency-Key` header. */
  idempotencyKeys: readonly string[];
  body: Buffer;
}

export interface OperationInput {
  paggio: Paggio;
  /** Present unless the operation is public. */
  principal: Principal;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  idempotencyKey: string | null;
  body: Buffer;
}

/** One row of the contract. */
export interface Operation {
  id: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `:name` for parameters. */
  path: string;
  /** Null: public. */
  scope: Scope | null;
  run(input: OperationInput): Promise<Answer>;
}
