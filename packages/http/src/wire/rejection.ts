import { hasScope, type Principal, type RejectionDetail, type RejectionSummary } from '@paggio/core';
import { toHeaders } from './headers';
import { toPayload } from './payload';

export function toRejectionItem(rejection: RejectionSummary): object {
  return {
    id: rejection.id,
    endpoint_id: rejection.endpointId,
    provider: rejection.provider,
    reason: rejection.reason,
    method: rejection.method,
    path: rejection.path,
    size: rejection.size,
    remote_addr: rejection.remoteAddr,
    received_at: rejection.receivedAt.toISOString(),
  };
}

export function toRejection(rejection: RejectionDetail, principal: Principal): object {
  return {
    ...toRejectionItem(rejection),
    query: rejection.query,
    headers: toHeaders(rejection.rawHeaders, hasScope(principal, 'admin')),
    ...toPayload(rejection.body),
  };
}
