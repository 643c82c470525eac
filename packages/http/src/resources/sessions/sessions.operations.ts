import { jsonAnswer, noContent } from '../../answer';
import { operation, type Operation } from '../../operation';
import { idOf } from '../shared/ids';
import { PageQueryDto, toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { toSessionItem } from './sessions.wire';

export const sessionOperations: readonly Operation[] = [
  operation({
    id: 'sessions.list',
    method: 'GET',
    path: '/api/v1/sessions',
    scope: 'admin',
    summary: 'Lists the dashboard sessions of the user of the key, newest first.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('Session') } },
    async run({ paggio, principal, query }) {
      const page = await paggio.admin.sessions.list(principal, toPaging(query));
      return jsonAnswer(
        200,
        toList(page, (session) => toSessionItem(session, principal.sessionId)),
      );
    },
  }),
  operation({
    id: 'sessions.delete',
    method: 'DELETE',
    path: '/api/v1/sessions/:id',
    scope: 'admin',
    summary: 'Ends a dashboard session, on every node at once.',
    answers: { 204: null },
    async run(input) {
      await input.paggio.admin.sessions.end(input.principal, idOf(input, 'session'));
      return noContent;
    },
  }),
  operation({
    id: 'sessions.delete_others',
    method: 'DELETE',
    path: '/api/v1/sessions',
    scope: 'admin',
    summary:
      'Ends all other dashboard sessions of the user, or all of them if the request uses an API key. Unused sign-in links stop working.',
    answers: { 204: null },
    async run({ paggio, principal }) {
      await paggio.admin.sessions.endOthers(principal);
      return noContent;
    },
  }),
];
