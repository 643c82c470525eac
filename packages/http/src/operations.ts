import type { Operation } from './operation';
import { auditOperations } from './operations/audit';
import { destinationOperations } from './operations/destinations';
import { endpointActions } from './operations/endpoint-actions';
import { endpointOperations } from './operations/endpoints';
import { eventOperations } from './operations/events';
import { healthOperations } from './operations/health';
import { ingestOperations } from './operations/ingest';
import { keyOperations } from './operations/keys';
import { metricsOperations } from './operations/metrics';
import { notificationOperations } from './operations/notifications';
import { openapiOperations } from './operations/openapi';
import { providerOperations } from './operations/providers';
import { publishOperations } from './operations/publish';
import { rejectionOperations } from './operations/rejections';
import { replayOperations } from './operations/replays';
import { sessionOperations } from './operations/sessions';
import { statsOperations } from './operations/stats';
import { streamOperations } from './operations/stream';
import { systemOperations } from './operations/system';

/** The contract as a table: every door serves exactly these. */
export const operations: readonly Operation[] = [
  ...healthOperations,
  ...openapiOperations,
  ...metricsOperations,
  ...ingestOperations,
  // Before the events by id, which its path would be one of.
  ...streamOperations,
  ...eventOperations,
  ...publishOperations,
  ...rejectionOperations,
  ...replayOperations,
  ...endpointOperations,
  ...endpointActions,
  ...destinationOperations,
  ...keyOperations,
  ...sessionOperations,
  ...auditOperations,
  ...notificationOperations,
  ...providerOperations,
  ...statsOperations,
  ...systemOperations,
];
