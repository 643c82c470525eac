/** Why a request was refused. The words are stable, because they are stored with rejections and shown to people. */
export type FailureReason =
  | 'no_secret'
  | 'missing_signature'
  | 'repeated_header'
  | 'malformed_signature'
  | 'malformed_timestamp'
  | 'timestamp_too_old'
  | 'timestamp_in_future'
  | 'malformed_body'
  /**
   * Signed values are in the body, which is nested too deeply, has too many items or fields, or inflates to too much.
   */
  | 'body_too_large_to_read'
  /** The provider's published key could not be fetched. The sender should try again. */
  | 'key_unavailable'
  | 'wrong_signature';

export interface Verified {
  ok: true;
  /** False where the signature does not cover the body (tokens, Mailgun, Adyen). */
  bodyAuthenticated: boolean;
  /** True where the signature covers a timestamp, so that a byte-identical request can only be a repetition. */
  coversTimestamp: boolean;
  /** The signature or token that matched: with a covered timestamp it identifies this very request. */
  proof: string;
}

export interface Refused {
  ok: false;
  reason: FailureReason;
}

export type Verification = Verified | Refused;

export function refused(reason: FailureReason): Refused {
  return { ok: false, reason };
}
