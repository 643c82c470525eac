import { jsonAnswer } from '../../answer';
import { ref } from '../../openapi/schema';
import { operation, type Operation } from '../../operation';
import { version } from '../../version';

export const systemOperations: readonly Operation[] = [
  operation({
    id: 'system.get',
    method: 'GET',
    path: '/api/v1/system',
    scope: 'operator',
    summary: 'Server configuration and queue status.',
    answers: { 200: { schema: ref('System') } },
    async run({ paggio }) {
      const { options } = paggio;
      const { migration, lagSeconds } = await paggio.readiness();
      const { apiRateLimit: limit, captureRateLimit: capture, retentionMs } = options;
      return jsonAnswer(200, {
        version,
        public_url: paggio.address.baseUrl,
        ingest_url: options.ingestUrl,
        roles: [...options.roles],
        migration,
        queue: lagSeconds === null ? null : { pending: (await paggio.gauges()).pending, lag_seconds: lagSeconds },
        retention_seconds: retentionMs === null ? null : Math.round(retentionMs / 1000),
        dedup_window_seconds: Math.round(options.dedupWindowMs / 1000),
        body_limit: options.bodyLimit,
        rate_limit: limit && { per_second: limit.perSecond, burst: limit.burst },
        capture_rate_limit: capture && { per_second: capture.perSecond, burst: capture.burst },
        storage_quota: {
          per_endpoint: options.storageQuotaPerEndpoint,
          per_user: options.storageQuotaPerUser,
          unverified: options.storageQuotaUnverified,
        },
        staging_host: options.stagingHost,
        local_url: options.localUrl,
      });
    },
  }),
];
