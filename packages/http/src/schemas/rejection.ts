import { flag, integer, nullable, object, text, time, uuid, type JsonSchema } from '../openapi/schema';
import { headers, payload, verification } from './event';

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
  RejectionVerification: object({
    rejection_id: uuid,
    ...verification(['failed']),
    body_truncated: { ...flag, description: 'matches and hints are those of the moment when the request arrived.' },
  }),
};
