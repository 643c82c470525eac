import { providers } from '@paggio/core';
import { jsonAnswer } from '../../answer';
import { operation, type Operation } from '../../operation';
import { listOf } from '../shared/page.schema';
import { toWholeList } from '../shared/page.wire';
import { toProvider } from './providers.wire';

export const providerOperations: readonly Operation[] = [
  operation({
    id: 'providers.list',
    method: 'GET',
    path: '/api/v1/providers',
    scope: 'read',
    summary: 'Lists the providers whose requests Paggio can verify.',
    answers: { 200: { schema: listOf('Provider') } },
    async run() {
      return jsonAnswer(200, toWholeList(providers().map(toProvider)));
    },
  }),
];
