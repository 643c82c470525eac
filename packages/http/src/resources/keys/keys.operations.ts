import { jsonAnswer, noContent, withHeaders } from '../../answer';
import type * as Wire from '../../generated/wire-types';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { idOf, locationOf } from '../shared/ids';
import { PageQueryDto, toPaging } from '../shared/page.dto';
import { listOf } from '../shared/page.schema';
import { toList } from '../shared/page.wire';
import { KeyCreateDto, toKeyInput } from './keys.dto';
import { toKey } from './keys.wire';

export const keyOperations: readonly Operation[] = [
  operation({
    id: 'keys.list',
    method: 'GET',
    path: '/api/v1/keys',
    scope: 'admin',
    furtherScope: 'With the scope `operator` too, it lists the keys of all users.',
    summary: 'Lists API keys, newest first.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('ApiKey') } },
    async run({ paggio, principal, query }) {
      return jsonAnswer(
        200,
        toList(await paggio.admin.keys.list(principal, toPaging(query)), (key) => toKey(key, principal)),
      );
    },
  }),
  operation({
    id: 'keys.create',
    method: 'POST',
    path: '/api/v1/keys',
    scope: 'admin',
    furtherScope: 'A key for another user also needs the scope `operator`.',
    summary: 'Creates an API key. Only this answer shows it.',
    body: KeyCreateDto,
    answers: { 201: { schema: ref('ApiKeyCreated') } },
    async run(input) {
      const { paggio, principal, body } = input;
      const { apiKey, key } = await paggio.admin.keys.create(principal, toKeyInput(body));
      return withHeaders(jsonAnswer(201, { ...toKey(apiKey, principal), key } satisfies Wire.ApiKeyCreated), [
        locationOf(input, apiKey.id),
      ]);
    },
  }),
  operation({
    id: 'keys.delete',
    method: 'DELETE',
    path: '/api/v1/keys/:id',
    scope: 'admin',
    furtherScope: 'The key of another user also needs the scope `operator`.',
    summary: 'Revokes an API key. It takes effect on every node within 5 seconds.',
    answers: { 204: null },
    async run(input) {
      await input.paggio.admin.keys.revoke(input.principal, idOf(input, 'API key'));
      return noContent;
    },
  }),
];
