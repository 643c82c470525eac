import { defaultTiming, type Timing } from '../flow/timing';

const SCALE = 5;

/**
 * These times of the product, shorter and in the same proportions. The full check waits for the real ones.
 */
export function shortened(...names: (keyof Timing)[]): Timing {
  const scale = process.env['PAGGIO_FULL'] ? 1 : SCALE;
  return { ...defaultTiming, ...Object.fromEntries(names.map((name) => [name, defaultTiming[name] / scale])) };
}

/** What has to do with processes that die. */
export const shortLeases = shortened('leaseMs', 'renewAfterMs', 'doubtfulAfterMs', 'checkInMs', 'workerGroupMs');
