import { jsonAnswer } from '../answer';
import { operation, type Operation } from '../operation';
import { ref } from '../openapi/schema';

/** Capture by an API key; webhook URLs, which need none, are routed before the API. */
export const ingestOperations: readonly Operation[] = [
  operation({
    id: 'ingest.signed',
    method: 'POST',
    path: '/e/:endpoint_id',
    part: 'ingest',
    scope: 'ingest',
    summary: 'Signed ingest: X-PJ-Signature is the hex HMAC-SHA256 of "<X-PJ-Timestamp>.<raw body>" under the secret.',
    idempotent: true,
    answers: { 202: { schema: ref('Queued') } },
    errors: ['INVALID_SIGNATURE', 'GONE'],
    async run({ paggio, principal, params, request, source }) {
      const endpoint = await paggio.ingest.route(principal, params['endpoint_id'] ?? '');
      const id = await paggio.ingest.receive(endpoint, {
        method: request.method,
        path: request.fullPath,
        query: request.query,
        rawHeaders: request.rawHeaders,
        body: source,
        remoteAddr: request.remoteAddr,
      });
      return jsonAnswer(202, { id, status: 'QUEUED', message: 'Event received and queued for delivery' });
    },
  }),
];
