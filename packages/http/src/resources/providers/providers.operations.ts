import { providers } from '@paggio/core';
import { jsonAnswer } from '../../answer';
import { operation, type Operation } from '../../operation';
import { listOf } from '../shared/page.schema';
import { toProvider } from './providers.wire';

export const providerOperations: readonly Operation[] = [
  operation({
    id: 'providers.list',
    method: 'GET',
    path: '/api/v1/providers',
    scope: 'read',
    summary: 'Providers whose requests can be verified.',
    answers: { 200: { schema: listOf('Provider') } },
    async run() {
      const data = providers().map(toProvider);
      return jsonAnswer(200, { data, meta: { total: data.length, limit: data.length, offset: 0, has_more: false } });
    },
  }),
];
