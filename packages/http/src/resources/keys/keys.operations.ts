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
    furtherScope: 'With `operator` as well: the keys of every user.',
    summary: 'API keys, newest first.',
    query: PageQueryDto,
    answers: { 200: { schema: listOf('ApiKey') } },
    async run({ paggio, principal, query }) {
      return jsonAnswer(
        200,
        toList(await paggio.keys.list(principal, toPaging(query)), (key) => toKey(key, principal)),
      );
    },
  }),
  operation({
    id: 'keys.create',
    method: 'POST',
    path: '/api/v1/keys',
    scope: 'admin',
    furtherScope: 'user_id of another user needs `operator` as well.',
    summary: 'Makes an API key. It is shown in this answer only.',
    body: KeyCreateDto,
    answers: { 201: { schema: ref('ApiKeyCreated') } },
    async run(input) {
      const { paggio, principal, body } = input;
      const { apiKey, key } = await paggio.keys.create(principal, toKeyInput(body));
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
    furtherScope: 'A key of another user needs `operator` as well.',
    summary: 'Revokes an API key, on every node within 5 seconds.',
    answers: { 204: null },
    async run(input) {
      await input.paggio.keys.revoke(input.principal, idOf(input, 'API key'));
      return noContent;
    },
  }),
];
