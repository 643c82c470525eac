import type { Paggio, RateLimit } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import { version } from '../../version';

/** The queue is null while the database does not answer. */
export async function toSystem(paggio: Paggio): Promise<Wire.System> {
  const { options } = paggio.host;
  const { migration, lagSeconds } = await paggio.readiness();
  const { retentionMs } = options;
  return {
    version,
    public_url: paggio.host.address.baseUrl,
    ingest_url: options.ingestUrl,
    roles: [...options.roles],
    migration,
    queue: lagSeconds === null ? null : { pending: (await paggio.host.gauges()).pending, lag_seconds: lagSeconds },
    retention_seconds: retentionMs === null ? null : Math.round(retentionMs / 1000),
    dedup_window_seconds: Math.round(options.dedupWindowMs / 1000),
    body_limit: options.bodyLimit,
    rate_limit: toRateLimit(options.apiRateLimit),
    capture_rate_limit: toRateLimit(options.captureRateLimit),
    storage_quota: {
      per_endpoint: options.storageQuotaPerEndpoint,
      per_user: options.storageQuotaPerUser,
      unverified: options.storageQuotaUnverified,
    },
    staging_host: options.stagingHost,
    local_url: options.localUrl,
  };
}

function toRateLimit(limit: RateLimit | null): Wire.System['rate_limit'] {
  return limit && { per_second: limit.perSecond, burst: limit.burst };
}
