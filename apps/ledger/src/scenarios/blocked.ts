import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { folder } from '../world';
import { underLoad } from './under-load';

const CONCURRENCY = 16;
const BLOCK_MS = 5_000;
/** More than a lease: others take over what it had in hand. */
const LONG_BLOCK_MS = 35_000;
/** Megabytes for objects: about twice what a process needs at rest. */
const HEAP_MB = 64;

/** Acceptance case CRA-23: code of the host keeps the event loop for itself, and there is little memory. */
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
      // What was in flight when a lease ran out, in each of the two that deliver.
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
