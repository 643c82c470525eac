import type { ApiKey, Principal } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

/** Carries `user_id` when the key belongs to another user, which only an operator sees. */
export function toKey(key: ApiKey, principal: Principal): Wire.ApiKey {
  return {
    id: key.id,
    user_id: key.userId === principal.userId ? undefined : key.userId,
    name: key.name,
    prefix: key.prefix,
    mode: key.mode,
    scopes: key.scopes,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    expires_at: key.expiresAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
  };
}
