import { flag, integer, nullable, object, text, time, uuid, type JsonSchema } from '../../openapi/schema';
import { headers, payload } from '../shared/request.schema';

const item = {
  id: uuid,
  endpoint_id: uuid,
  provider: text(),
  reason: text('A stable word; what it means is at /verification.'),
  method: text(),
  path: text(),
  size: integer('Bytes of the body as it came.'),
  body_truncated: { ...flag, description: 'Only the first 64 KiB of the body were kept.' },
  remote_addr: nullable(text()),
  received_at: time,
};

export const rejectionSchemas: Readonly<Record<string, JsonSchema>> = {
  RejectionItem: object(item),
  Rejection: object({ ...item, query: text(), headers, ...payload }),
};
