import type { Readiness } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

export function toReadiness({ ready, reason, migration, lagSeconds }: Readiness): Wire.Readiness {
  return { status: ready ? 'ok' : 'unavailable', reason, migration, lag_seconds: lagSeconds };
}
