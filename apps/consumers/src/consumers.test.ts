import { join } from 'node:path';
import { createConsumer } from './consumer';
import { pack } from './packages';
import { describeConsumer } from './testing/consumer-host';

// The newest of two hosts, one in each format, without a network. `npm run check:full` has all of them.
let tarballs: string[] | undefined;
const packed = (): string[] => (tarballs ??= pack('consumers'));

describeConsumer('packed: Nest on Express as ES modules', {
  main: () => {
    const input = { name: 'nest-esm', format: 'esm', tarballs: packed(), install: null } as const;
    return join(createConsumer(input, ['nest.ts', 'nest-express.ts']), 'dist/nest-express.js');
  },
});

describeConsumer('packed: Express as CommonJS', {
  main: () => {
    const input = { name: 'express-commonjs', format: 'commonjs', tarballs: packed(), install: null } as const;
    return join(createConsumer(input, ['express.ts']), 'dist/express.js');
  },
  mount: '/hooks',
});
