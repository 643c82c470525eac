import { jsonAnswer, noContent } from '../answer';
import { KeyCreateDto } from '../dto/key.dto';
import { PageQueryDto, toPaging } from '../dto/list.dto';
import type { Operation } from '../operation';
import { parse, parseJson } from '../parse';
import { toList } from '../wire/event';
import { toKey } from '../wire/key';
import { idOf, noQuery } from './input';

export const keyOperations: readonly Operation[] = [
  {
    id: 'keys.list',
    method: 'GET',
    path: '/api/v1/keys',
    scope: 'admin',
    async run({ paggio, principal, query }) {
      return jsonAnswer(
        200,
        toList(await paggio.keys.list(principal, toPaging(parse(PageQueryDto, query, 'query'))), toKey),
      );
    },
  },
  {
    id: 'keys.create',
    method: 'POST',
    path: '/api/v1/keys',
    scope: 'admin',
    async run(input) {
      noQuery(input);
      const dto = parse(KeyCreateDto, parseJson(input.body), 'body');
      const { apiKey, key } = await input.paggio.keys.create(input.principal, {
        name: dto.name,
        mode: dto.mode,
        scopes: dto.scopes,
        expiresAt: dto.expires_at ? new Date(dto.expires_at) : null,
        userId: dto.user_id,
      });
      return jsonAnswer(201, { ...toKey(apiKey), key });
    },
  },
  {
    id: 'keys.delete',
    method: 'DELETE',
    path: '/api/v1/keys/:id',
    scope: 'admin',
    async run(input) {
      noQuery(input);
      await input.paggio.keys.revoke(input.principal, idOf(input, 'API key'));
      return noContent;
    },
  },
];
