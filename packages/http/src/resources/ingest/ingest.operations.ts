import { checkIngestHead } from '@paggio/core';
import { jsonAnswer } from '../../answer';
import type * as Wire from '../../generated/wire-types';
import { ref } from '../../openapi/schema';
import { operation, type Operation, type RoutedRequest } from '../../operation';

/** Capture with an API key. Webhook URLs need no key, and are routed before the API. */
export const ingestOperations: readonly Operation[] = [
  operation({
    id: 'ingest.signed',
    method: 'POST',
    path: '/e/:endpoint_id',
    part: 'ingest',
    scope: 'ingest',
    summary: 'Captures an event from your own producer, which signs it with the secret of the endpoint.',
    idempotent: true,
    anyBody: 'Any JSON, by convention {"event_type": "...", "payload": {...}}. It is stored byte for byte.',
    headers: {
      'X-PJ-Timestamp': {
        required: true,
        description:
          'Time of the signature in Unix seconds, without a leading zero. At most 300 s in the past or future.',
        schema: { type: 'string', pattern: '^[1-9][0-9]{0,11}$' },
      },
      'X-PJ-Signature': {
        required: true,
        description: 'The HMAC-SHA256 of "<X-PJ-Timestamp>.<raw body>" under the secret of the endpoint, in hex.',
        schema: { type: 'string', pattern: '^[0-9a-fA-F]{64}$' },
      },
      'X-PJ-Event-Type': {
        description: "The event type. Default: the body's event_type.",
        schema: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,128}$' },
      },
      'X-PJ-Correlation-ID': {
        description: 'An id of your own. It is stored with the event and sent to destinations.',
        schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,128}$' },
      },
    },
    answers: { 202: { schema: ref('Queued') } },
    errors: ['INVALID_SIGNATURE', 'GONE'],
    admit: admitIngest,
    async run({ paggio, principal, params, request, source }) {
      // The endpoint may have changed while the body arrived.
      const endpoint = await paggio.host.ingest.route(principal, params['endpoint_id'] ?? '');
      const id = await paggio.host.ingest.receive(endpoint, {
        method: request.method,
        path: request.fullPath,
        query: request.query,
        rawHeaders: request.rawHeaders,
        body: source,
        remoteAddr: request.remoteAddr,
      });
      const message = 'Event received and queued for delivery';
      return jsonAnswer(202, { id, status: 'QUEUED', message } satisfies Wire.Queued);
    },
  }),
];

/**
 * Refuses requests that no body could make acceptable: an unknown endpoint, a signature of the wrong form or age, a
 * compressed body.
 */
export async function admitIngest({ paggio, principal, params, request }: Omit<RoutedRequest, 'read'>): Promise<void> {
  await paggio.host.ingest.route(principal, params['endpoint_id'] ?? '');
  checkIngestHead(request.rawHeaders);
}
