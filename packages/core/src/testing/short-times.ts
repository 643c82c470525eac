import { defaultTiming, type Timing } from '../flow/timing';

const SCALE = 5;

/**
 * Returns the times of the product, with these shorter and in the same proportions. The full check uses the real ones.
 */
export function shortened(...names: (keyof Timing)[]): Timing {
  const scale = process.env['PAGGIO_FULL'] ? 1 : SCALE;
  return { ...defaultTiming, ...Object.fromEntries(names.map((name) => [name, defaultTiming[name] / scale])) };
}

/** Short times for everything that depends on processes that die. */
export const shortLeases = shortened('leaseMs', 'renewAfterMs', 'doubtfulAfterMs', 'checkInMs', 'workerGroupMs');
