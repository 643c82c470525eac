import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { folder } from '../world';
import { underLoad } from './under-load';

const CONCURRENCY = 16;
const BLOCK_MS = 5_000;
/** Longer than a lease, so other processes take over its deliveries. */
const LONG_BLOCK_MS = 35_000;
/** The size of the heap in megabytes: about twice what an idle process needs. */
const HEAP_MB = 64;

/** Acceptance case CRA-23: code of the host blocks the event loop, and there is little memory. */
export const blocked: Scenario = {
  name: 'blocked',
  title: 'The event loop is blocked for seconds, and for longer than a lease; the heap is small',
  async run(context) {
    const blocks = context.quick ? [BLOCK_MS] : [...Array.from({ length: 12 }, () => BLOCK_MS), LONG_BLOCK_MS];
    return underLoad(context, folder(context.directory, 'blocked'), {
      tried: 'blocks',
      nodeArguments: [`--max-old-space-size=${HEAP_MB}`],
      world: { endpoints: [{ profile: 'plain', concurrency: CONCURRENCY }] },
      gateways: [['capture', 'deliver', 'api'], ['deliver'], ['capture', 'api']],
      // The deliveries in flight when a lease ran out, in each of the two processes that deliver.
      duplicatesAllowed: context.quick ? 0 : 2 * CONCURRENCY,
      async disturb({ gateways }) {
        for (const [index, ms] of blocks.entries()) {
          gateways[index % gateways.length]?.block(ms);
          await sleep(ms + 1_000);
        }
        return { times: blocks.length };
      },
      expect: ({ longestMs }) =>
        longestMs > Math.max(...blocks) + 6_000 ? [`an answer took ${Math.round(longestMs)} ms`] : [],
    });
  },
};
