import { auditActions } from '@paggio/core';
import { nullable, object, oneOf, text, time, uuid, type JsonSchema } from '../../openapi/schema';

export const auditSchemas: Readonly<Record<string, JsonSchema>> = {
  AuditRecord: object({
    id: uuid,
    action: oneOf(auditActions),
    object_id: nullable(uuid),
    before: nullable({ type: 'object', additionalProperties: true }),
    after: nullable({ type: 'object', additionalProperties: true }),
    key_id: nullable(uuid),
    remote_addr: nullable(text()),
    created_at: time,
  }),
};
