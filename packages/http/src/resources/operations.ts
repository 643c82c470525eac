import type { Operation } from '../operation';
import { auditOperations } from './audit/audit.operations';
import { destinationOperations } from './destinations/destinations.operations';
import { secretOperations } from './secrets/secrets.operations';
import { testEventOperations } from './test-events/test-events.operations';
import { endpointOperations } from './endpoints/endpoints.operations';
import { eventOperations } from './events/events.operations';
import { healthOperations } from './health/health.operations';
import { ingestOperations } from './ingest/ingest.operations';
import { keyOperations } from './keys/keys.operations';
import { metricsOperations } from './metrics/metrics.operations';
import { notificationOperations } from './notifications/notifications.operations';
import { openapiOperations } from './openapi/openapi.operations';
import { providerOperations } from './providers/providers.operations';
import { publishOperations } from './publish/publish.operations';
import { rejectionOperations } from './rejections/rejections.operations';
import { replayOperations } from './replays/replays.operations';
import { sessionOperations } from './sessions/sessions.operations';
import { statsOperations } from './stats/stats.operations';
import { streamOperations } from './stream/stream.operations';
import { systemOperations } from './system/system.operations';

/** The contract as a table. Every adapter serves these operations and no others. */
export const operations: readonly Operation[] = [
  ...healthOperations,
  ...openapiOperations,
  ...metricsOperations,
  ...ingestOperations,
  ...streamOperations,
  ...eventOperations,
  ...publishOperations,
  ...rejectionOperations,
  ...replayOperations,
  ...endpointOperations,
  ...secretOperations,
  ...testEventOperations,
  ...destinationOperations,
  ...keyOperations,
  ...sessionOperations,
  ...auditOperations,
  ...notificationOperations,
  ...providerOperations,
  ...statsOperations,
  ...systemOperations,
];
