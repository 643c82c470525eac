import type { ApiKey, Principal } from '@paggio/core';

/** Section 7 of the contract; with `user_id` where the key is another user's, which only an operator sees. */
export function toKey(key: ApiKey, principal: Principal): object {
  return {
    id: key.id,
    ...(key.userId === principal.userId ? {} : { user_id: key.userId }),
    name: key.name,
    prefix: key.prefix,
    mode: key.mode,
    scopes: key.scopes,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    expires_at: key.expiresAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}
