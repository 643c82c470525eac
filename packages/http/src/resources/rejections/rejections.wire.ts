import { isUtf8 } from 'node:buffer';
import type { Principal, RejectionDetail, RejectionSummary } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';
import { toHeaders } from '../shared/headers';
import { toPayload } from '../shared/payload';
import { visibleTo } from '../shared/visible';

export function toRejectionItem(rejection: RejectionSummary): Wire.RejectionItem {
  return {
    id: rejection.id,
    endpoint_id: rejection.endpointId,
    provider: rejection.provider,
    reason: rejection.reason,
    method: rejection.method,
    path: rejection.path,
    size: rejection.size,
    body_truncated: rejection.bodyTruncated,
    remote_addr: rejection.remoteAddr,
    received_at: rejection.receivedAt.toISOString(),
  };
}

export function toRejection(detail: RejectionDetail, principal: Principal): Wire.Rejection {
  const rejection = visibleTo(principal, detail);
  return {
    ...toRejectionItem(rejection),
    query: rejection.query,
    headers: toHeaders(rejection.rawHeaders),
    ...toPayload(rejection.bodyTruncated ? withoutCutCharacter(rejection.body) : rejection.body),
  };
}

/**
 * Removes a split character at the end of a cut body. With it, a text would not be valid UTF-8. Characters have up to
 * four bytes.
 */
function withoutCutCharacter(body: Buffer): Buffer {
  for (let cut = 0; cut < 4; cut++) {
    const rest = body.subarray(0, body.length - cut);
    if (isUtf8(rest)) return rest;
  }
  return body;
}
