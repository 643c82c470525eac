import type { SessionSummary } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

/** @param current id of the session that asks */
export function toSessionItem(session: SessionSummary, current: string | undefined): Wire.Session {
  return {
    id: session.id,
    current: session.id === current,
    mode: session.mode,
    scopes: session.scopes,
    key_id: session.keyId,
    key_prefix: session.keyPrefix,
    remote_addr: session.remoteAddr,
    user_agent: session.userAgent,
    created_at: session.createdAt.toISOString(),
    last_used_at: session.lastUsedAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
  };
}
