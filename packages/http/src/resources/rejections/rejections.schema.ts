import { flag, integer, nullable, object, text, time, uuid, type JsonSchema } from '../../openapi/schema';
import { headers, payload } from '../shared/request.schema';

const item = {
  id: uuid,
  endpoint_id: uuid,
  provider: text(),
  reason: text('A stable identifier. The explanation is at /verification.'),
  method: text(),
  path: text(),
  size: integer('Size of the whole body in bytes.'),
  body_truncated: { ...flag, description: 'True when only the first 64 KiB of the body were stored.' },
  remote_addr: nullable(text()),
  received_at: time,
};

export const rejectionSchemas: Readonly<Record<string, JsonSchema>> = {
  RejectionItem: object(item),
  Rejection: object({ ...item, query: text(), headers, ...payload }),
};
