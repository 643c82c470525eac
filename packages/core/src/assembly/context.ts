import { defaultTiming, type Timing } from '../flow/timing';
import type { ResolvedOptions } from '../options';
import { PublicAddress } from '../public-address';
import { Telemetry } from '../telemetry/telemetry';
import type { TestingHooks } from './testing-hooks';

/** Shared by all parts of a gateway. */
export interface Context {
  readonly options: ResolvedOptions;
  readonly timing: Timing;
  readonly telemetry: Telemetry;
  readonly address: PublicAddress;
  /** Reports an error that no caller receives. */
  readonly reportFault: (where: string, error: unknown) => void;
}

export function createContext(options: ResolvedOptions, hooks: TestingHooks): Context {
  const telemetry = new Telemetry();
  return {
    options,
    timing: { ...defaultTiming, ...hooks.timing },
    telemetry,
    address: new PublicAddress(options.publicUrl, options.ingestUrl),
    reportFault: (where, error) => telemetry.emit({ type: 'fault', where, error }),
  };
}
