import type { JsonSchema } from '../openapi/schema';
import { attemptSchemas } from './attempts/attempts.schema';
import { auditSchemas } from './audit/audit.schema';
import { destinationSchemas } from './destinations/destinations.schema';
import { endpointSchemas } from './endpoints/endpoints.schema';
import { eventSchemas } from './events/events.schema';
import { healthSchemas } from './health/health.schema';
import { ingestSchemas } from './ingest/ingest.schema';
import { keySchemas } from './keys/keys.schema';
import { notificationSchemas } from './notifications/notifications.schema';
import { providerSchemas } from './providers/providers.schema';
import { publishSchemas } from './publish/publish.schema';
import { rejectionSchemas } from './rejections/rejections.schema';
import { replaySchemas } from './replays/replays.schema';
import { retryPolicySchemas } from './retry-policy/retry-policy.schema';
import { secretSchemas } from './secrets/secrets.schema';
import { sessionSchemas } from './sessions/sessions.schema';
import { statsSchemas } from './stats/stats.schema';
import { systemSchemas } from './system/system.schema';
import { testEventSchemas } from './test-events/test-events.schema';
import { verificationSchemas } from './verification/verification.schema';
import { errorSchemas } from './shared/error.schema';
import { pageSchemas } from './shared/page.schema';

/** Every shape that an answer of the API may have, by name. */
export const schemas: Readonly<Record<string, JsonSchema>> = {
  ...eventSchemas,
  ...attemptSchemas,
  ...publishSchemas,
  ...verificationSchemas,
  ...testEventSchemas,
  ...ingestSchemas,
  ...replaySchemas,
  ...retryPolicySchemas,
  ...destinationSchemas,
  ...endpointSchemas,
  ...secretSchemas,
  ...keySchemas,
  ...rejectionSchemas,
  ...sessionSchemas,
  ...systemSchemas,
  ...providerSchemas,
  ...notificationSchemas,
  ...statsSchemas,
  ...auditSchemas,
  ...healthSchemas,
  ...pageSchemas,
  ...errorSchemas,
};
