import type { EventDetail, Explanation, Findings, RejectionDetail } from '@paggio/core';
import type * as Wire from '../../generated/wire-types';

/** Explains to people why a request was refused, by the stored reason. */
const explanations: Readonly<Record<string, string>> = {
  no_secret: 'Verification is switched on, but the endpoint has no usable secret at this time.',
  missing_signature: 'The request has no signature or secret in the place that this provider uses.',
  repeated_header: 'A signature header was sent more than once.',
  malformed_signature: 'The signature header does not have the form that this provider uses.',
  malformed_timestamp: 'The timestamp of the signature is not a valid time.',
  timestamp_too_old:
    'The signature is older than the tolerance: the request was repeated or delayed, or a clock is wrong.',
  timestamp_in_future: 'The signature is from the future: the clock of the sender or of this server is wrong.',
  malformed_body: 'The body does not have the form that this provider signs.',
  body_too_large_to_read:
    'Paggio has to read the body to verify it, and could not: the body is nested too deeply, has too many items, or is too large after decompression.',
  key_unavailable: 'The key that the provider publishes could not be fetched.',
  wrong_signature: 'The signature does not match: the secret is a different one, or the body was changed on its way.',
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
      ? `The signature or secret of ${event.verifiedBy} was valid. It ${covers}.`
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
    ? 'Only the beginning of the body was kept, and Paggio did not look for what would have matched.'
    : 'Only the beginning of the body was kept. Paggio looked for what would have matched when the whole body arrived.';
}

function toFindings(findings: Findings | null): Pick<Wire.EventVerification, 'matches' | 'hints'> {
  return { matches: findings?.matches ?? [], hints: findings?.hints ?? [] };
}
