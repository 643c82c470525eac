import { parseId } from '@paggio/core';
import { jsonAnswer } from '../answer';
import { AuditQueryDto } from '../dto/audit.dto';
import { toPaging } from '../dto/list.dto';
import { operation, type Operation } from '../operation';
import { listOf } from '../schemas';
import { toAuditRecord } from '../wire/audit';
import { toList } from '../wire/event';

export const auditOperations: readonly Operation[] = [
  operation({
    id: 'audit.list',
    method: 'GET',
    path: '/api/v1/audit',
    scope: 'admin',
    summary:
      'Who did what to keys, secrets, endpoints, destinations, replays, tests and sessions, and what was refused, newest first.',
    query: AuditQueryDto,
    answers: { 200: { schema: listOf('AuditRecord') } },
    async run({ paggio, principal, query }) {
      const objectId = query.object_id === undefined ? undefined : parseId(query.object_id);
      const page = await paggio.audit.list(principal, { action: query.action, objectId }, toPaging(query));
      return jsonAnswer(200, toList(page, toAuditRecord));
    },
  }),
];
