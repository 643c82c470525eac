import type { AuditRecord } from '@paggio/core';

export function toAuditRecord(record: AuditRecord): object {
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
