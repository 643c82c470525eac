import type { Principal, RejectionDetail, RejectionSummary } from '@paggio/core';
import { toHeaders } from './headers';
import { toPayload } from './payload';
import { visibleTo } from './visible';

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

export function toRejection(detail: RejectionDetail, principal: Principal): object {
  const rejection = visibleTo(principal, detail);
  return {
    ...toRejectionItem(rejection),
    query: rejection.query,
    headers: toHeaders(rejection.rawHeaders),
    ...toPayload(rejection.body),
  };
}
