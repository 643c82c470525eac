import { parseId } from '@paggio/core';
import { jsonAnswer } from '../../answer';
import { operation, type Operation } from '../../operation';
import { toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { AuditQueryDto } from './audit.dto';
import { toAuditRecord } from './audit.wire';

export const auditOperations: readonly Operation[] = [
  operation({
    id: 'audit.list',
    method: 'GET',
    path: '/api/v1/audit',
    scope: 'admin',
    summary:
      'Lists audit entries, newest first: who changed or viewed keys, secrets, endpoints, destinations, replays, tests and sessions, and what was refused.',
    query: AuditQueryDto,
    answers: { 200: { schema: listOf('AuditRecord') } },
    async run({ paggio, principal, query }) {
      const objectId = query.object_id === undefined ? undefined : parseId(query.object_id);
      const page = await paggio.admin.audit.list(principal, { action: query.action, objectId }, toPaging(query));
      return jsonAnswer(200, toList(page, toAuditRecord));
    },
  }),
];
