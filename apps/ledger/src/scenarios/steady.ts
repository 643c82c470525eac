import { setTimeout as sleep } from 'node:timers/promises';
import { boundMs, WARM_UP_SECONDS, type Scenario } from '../scenario';
import { folder } from '../world';
import { underLoad } from './under-load';

const RATE = 200;
/** Bounds in milliseconds. A Shopify webhook has five seconds in all. */
const P50_MS = 15;
const P99_MS = 100;
const P999_MS = 1_000;
const LAG_P99_MS = 1_000;

/** Acceptance case LOA-01: the load of an ordinary day. */
export const steady: Scenario = {
  name: 'steady',
  title: 'A steady load of 200 events/s for a quarter of an hour',
  async run(context) {
    const seconds = context.quick ? 6 : 900;
    const result = await underLoad(context, folder(context.directory, 'steady'), {
      tried: 'steady load',
      gateways: [['capture', 'deliver', 'api']],
      ratePerSecond: RATE,
      warmUpSeconds: WARM_UP_SECONDS,
      duplicatesAllowed: 0,
      async disturb() {
        await sleep(seconds * 1_000);
        return { times: 1, figures: { seconds } };
      },
      expect({ latency: { p50Ms, p99Ms, p999Ms }, tries }) {
        const { 200: _taken, ...others } = tries;
        return [
          ...(p50Ms > boundMs(P50_MS, context) || p99Ms > boundMs(P99_MS, context) || p999Ms > boundMs(P999_MS, context)
            ? [`acknowledgements took ${p50Ms} ms (p50), ${p99Ms} ms (p99), ${p999Ms} ms (p99.9)`]
            : []),
          ...(Object.keys(others).length > 0 ? [`answers other than 200: ${JSON.stringify(others)}`] : []),
        ];
      },
    });
    if (Number(result.figures['lagP99Ms']) > LAG_P99_MS)
      result.failures.push(`deliveries were late by ${result.figures['lagP99Ms']} ms (p99)`);
    return result;
  },
};
