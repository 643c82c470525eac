import type { EventDetail, Explanation, Findings, RejectionDetail } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

/** Explains to people why a request was refused, by the stored reason. */
const explanations: Readonly<Record<string, string>> = {
  no_secret: 'Verification is switched on, but the endpoint has no secret that can be used now.',
  missing_signature: 'The request carries no signature or secret where this provider puts it.',
  repeated_header: 'A header of the signature came more than once.',
  malformed_signature: 'The signature header does not have the form that this provider uses.',
  malformed_timestamp: 'The timestamp of the signature is not a time.',
  timestamp_too_old: 'The signature is older than the tolerance: a replayed request, or a clock that is off.',
  timestamp_in_future: 'The signature is from the future: the clock of the sender or of this server is off.',
  malformed_body: 'The body does not have the form that this provider signs.',
  body_too_large_to_read:
    'The body is too large to read: what the provider signs stands in it, and it is nested too deeply, has too many items, or unpacks to too much.',
  key_unavailable: 'The key that the provider publishes could not be fetched.',
  wrong_signature: 'The signature does not match: another secret, or the body was changed on its way.',
};

export function toEventVerification({
  event,
  explanation,
}: {
  event: EventDetail;
  explanation: Explanation | null;
}): Wire.EventVerification {
  const verified = event.verifiedBy !== null;
  const covers = event.bodyAuthenticated ? 'covers the body' : 'does not cover the body';
  return {
    event_id: event.id,
    status: verified ? 'verified' : 'unverified',
    provider: event.verifiedBy,
    reason: null,
    explanation: verified
      ? `What ${event.verifiedBy} sent to authenticate the request was valid; it ${covers}.`
      : 'The endpoint had no verification when this event arrived: anybody who knows its URL may have sent it.',
    body_authenticated: event.bodyAuthenticated,
    ...toFindings(explanation),
  };
}

export function toRejectionVerification({
  rejection,
  findings,
}: {
  rejection: RejectionDetail;
  findings: Findings | null;
}): Wire.RejectionVerification {
  const reason = explanations[rejection.reason] ?? 'The request was refused.';
  return {
    rejection_id: rejection.id,
    status: 'failed',
    provider: rejection.provider,
    reason: rejection.reason,
    explanation: rejection.bodyTruncated ? `${reason} ${cutNote(findings)}` : reason,
    body_authenticated: false,
    body_truncated: rejection.bodyTruncated,
    ...toFindings(findings),
  };
}

function cutNote(findings: Findings | null): string {
  return findings === null
    ? 'Only the beginning of its body was kept, and it was not searched for what would have matched.'
    : 'Only the beginning of its body was kept; the whole of it was searched when it arrived.';
}

function toFindings(findings: Findings | null): Pick<Wire.EventVerification, 'matches' | 'hints'> {
  return { matches: findings?.matches ?? [], hints: findings?.hints ?? [] };
}
