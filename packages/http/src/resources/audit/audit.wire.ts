import type { AuditRecord } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

export function toAuditRecord(record: AuditRecord): Wire.AuditRecord {
  return {
    id: record.id,
    action: record.action,
    object_id: record.objectId,
    before: record.before,
    after: record.after,
    key_id: record.keyId,
    remote_addr: record.remoteAddr,
    created_at: record.createdAt.toISOString(),
  };
}
